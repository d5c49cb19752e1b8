/** Where kubelet mounts a pod's token of its ServiceAccount (`token`), beside `ca.crt` and `namespace`. */
export const tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Frontend and backend that may reach each other, each with its Service and its NetworkPolicy. */
export const walkthrough = `
apiVersion: v1
kind: Pod
metadata: { name: backend-1, labels: { app: backend, linkerd.io/control-plane-ns: weft } }
spec: { serviceAccountName: backend, containers: [{ name: linkerd-proxy }, { name: main, ports: [{ containerPort: 8080, name: tcp-backend }] }] }
status: { phase: Running, podIP: 10.1.0.1 }
---
apiVersion: v1
kind: Pod
metadata: { name: frontend-1, labels: { app: frontend, linkerd.io/control-plane-ns: weft } }
spec: { serviceAccountName: frontend, containers: [{ name: linkerd-proxy }, { name: main, ports: [{ containerPort: 9090, name: tcp-frontend }] }] }
status: { phase: Running, podIP: 10.1.0.2 }
---
apiVersion: v1
kind: Service
metadata: { name: backend }
spec: { clusterIP: 10.2.0.1, selector: { app: backend }, ports: [{ port: 8080, targetPort: tcp-backend }] }
---
apiVersion: v1
kind: Service
metadata: { name: frontend }
spec: { clusterIP: 10.2.0.2, selector: { app: frontend }, ports: [{ port: 9090, targetPort: tcp-frontend }] }
---
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkPolicy
metadata: { name: allow-tcp-backend, generation: 3 }
spec:
  targetRef: { kind: Service, name: backend }
  egress: [{ to: [{ ip: {} }], ports: [{ port: 8080, protocol: TCP }] }]
  ingress: [{ from: [{ selector: { matchLabels: { app: frontend } } }], ports: [{ port: 8080, protocol: TCP }] }]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkPolicy
metadata: { name: allow-tcp-frontend, generation: 1 }
spec:
  targetRef: { kind: Service, name: frontend }
  egress: [{ to: [{ ip: {}, ports: [{ port: 8080, protocol: TCP }] }] }]
  ingress: [{ from: [{ selector: { matchLabels: { app: backend } } }], ports: [{ port: 9090, protocol: TCP }] }]
`;

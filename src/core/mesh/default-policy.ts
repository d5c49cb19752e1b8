/** What a proxy lets in where no policy says otherwise (contract 4.2). */

export const defaultPolicies = [
  "all-unauthenticated",
  "all-authenticated",
  "cluster-unauthenticated",
  "cluster-authenticated",
  "deny",
  "audit",
] as const;
export type DefaultPolicy = (typeof defaultPolicies)[number];

export const isDefaultPolicy = (text: string): text is DefaultPolicy => defaultPolicies.some((each) => each === text);

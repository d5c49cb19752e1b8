/** A DNS-1123 label, as most kinds of objects have for a name: up to 63 of `a-z0-9-`, with no dash at either end. */
export const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Characters of a name (RFC 1035, 2.3.4). */
export const longestName = 253;

/** Of any length. */
export const dnsSubdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** A DNS-1123 subdomain, as Kubernetes has it for names of objects: up to 253 characters, its labels of any length. */
export const isDnsSubdomain = (text: string): boolean => text.length <= longestName && dnsSubdomain.test(text);

/** A DNS-1123 label, as most kinds of objects have for a name: up to 63 of `a-z0-9-`, with no dash at either end. */
export const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

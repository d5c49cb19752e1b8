/** Names of environment variables made from the keys of `proxy.inbound` and `proxy.outbound` (contract C.5). */

/** One part in snake case and upper case: `keepAliveInterval` is `KEEP_ALIVE_INTERVAL`. */
export const environmentName = (part: string): string =>
  part
    .replaceAll(/(?<=[A-Za-z])(?=[0-9]+[a-z])|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .replaceAll(/[- ]/g, "_")
    .toUpperCase();

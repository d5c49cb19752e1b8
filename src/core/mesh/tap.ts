/** What a proxy is asked by that shows its requests (tap), and whom it lets. */

/** The ServiceAccount of a namespace whose identity may tap the proxies of that namespace. */
export const tapAccount = "weft-tap";

/** The variable that opens a proxy's tap, and names the identity that it lets in. */
export const tapVariable = "LINKERD2_PROXY_TAP_SVC_NAME";

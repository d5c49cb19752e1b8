/**
 * Three ways to redirect a pod's traffic without CNI. `linkerd`: Linkerd's program, in the proxy's image. `nft`: one nft
 * process that is given a script. `iptables`: iptables-restore that is given rules, for nodes without nf_tables.
 */
import type { Settings } from "./settings.ts";

export const initModes = ["linkerd", "nft", "iptables"] as const;
export type InitMode = (typeof initModes)[number];

/** The mode of these settings. Blank is `linkerd`, and so is a word that is none: a fault of the settings (init-faults.ts). */
export const initMode = (settings: Pick<Settings, "proxyInit.mode">): InitMode =>
  initModes.find((mode) => mode === settings["proxyInit.mode"]) ?? "linkerd";

import type { ServerAttack } from "../shape.ts";

export const logFullDiskController: ServerAttack = {
  name: "log-full-disk-controller",
  claim: "The same for the control plane, and for a disk that was full before.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 4,
  world: { log: "no disk" },
  inCluster: async (_api, over) => {
    await new Promise((resolve) => over.addEventListener("abort", resolve));
    return { says: "nothing can be logged", happened: true };
  },
};

/** The cluster that a command's flags name, to be asked questions. */
import type { Command } from "commander";
import { openCluster } from "../cluster.ts";
import type { Io } from "../io.ts";
import { reachOf } from "./reach.ts";
import type { Reach, ReachOptions } from "./reach.ts";

export const openReach = async (
  command: Command,
  io: Pick<Io, "env">,
  how: Pick<ReachOptions, "onAsk"> = {},
): Promise<Reach> => reachOf({ api: await openCluster(command, io), clock: () => new Date(), ...how });

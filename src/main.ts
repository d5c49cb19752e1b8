#!/usr/bin/env node
/**
 * Where the program begins. Turns on V8's compile cache and loads the rest, which is then not compiled again. The cache
 * is in the user's own folder, as whoever can write to it says what runs; Node turns it on by itself where
 * NODE_COMPILE_CACHE says so, as weft's image does, and off where NODE_DISABLE_COMPILE_CACHE does.
 */
import { statSync } from "node:fs";
// Its members by name would be an error of syntax in a Node that is too old, of which `process.ts` has words.
import nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const folder = cacheFolder();
if (folder !== undefined) nodeModule.enableCompileCache?.(folder);
await import("./process.ts");

/** Undefined where there is none, or it is somebody else's, as it may be under `sudo`. */
function cacheFolder(): string | undefined {
  try {
    const caches = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
    return statSync(caches).uid === (process.getuid?.() ?? 0) ? join(caches, "weft") : undefined;
  } catch {
    return undefined;
  }
}

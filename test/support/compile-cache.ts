/**
 * Compiled code is kept from run to run, here and in the processes that tests start: half of what they cost is reading
 * the program (nodejs.org/api/module.html, "Module compile cache"). It is keyed by what it was made of.
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));
enableCompileCache(process.env["NODE_COMPILE_CACHE"]);

/** Opens an address in the user's browser, where there is a way to; whoever has none has the address. */
import { spawn } from "node:child_process";
import { platform } from "node:os";

type Starter = readonly [command: string, ...args: readonly string[]];

/** By platform, as Node names it. */
const starters: Readonly<Partial<Record<NodeJS.Platform, Starter>>> = {
  darwin: ["open"],
  linux: ["xdg-open"],
  // `start` belongs to the shell, which would read a `&` in the address; a file's handler is asked without one.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

export function openBrowser(address: string): void {
  const [command, ...args] = starters[platform()] ?? ["xdg-open"];
  const child = spawn(command, [...args, address], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

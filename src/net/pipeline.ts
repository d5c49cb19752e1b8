/** HTTP requests that come before the answer to the last one. */
import type { Socket } from "node:net";

/**
 * Closes a connection whose client does not wait for answers. Of what was read already nothing more becomes a request:
 * Node would make thousands out of 64 kB, each with an error of its own when the connection is closed. It tells its
 * parser where a request goes by a property that nobody else is meant to set; where that is not there, it does so still.
 */
export function endPipeline(socket: Socket): void {
  const parser: unknown = Reflect.get(socket, "parser");
  // 2: as after an upgrade, what comes is not HTTP.
  if (typeof parser === "object" && parser !== null && "onIncoming" in parser) parser.onIncoming = () => 2;
  socket.destroy();
}

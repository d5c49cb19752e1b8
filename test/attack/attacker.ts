/**
 * The attacker's process, so that its work does not make good callers look late. It is told the attack's name and its
 * target, and says what it did.
 */
import { attacks } from "./attacks.ts";
import type { Did, Target } from "./shape.ts";

export interface Order {
  readonly name: string;
  readonly milliseconds: number;
  readonly target: Target;
}

process.on("disconnect", () => process.exit(1));
// Connections that are reset while nobody looks at them are an attacker's everyday.
process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
  if (error.code === undefined) throw error;
});
process.once("message", (order: Order) => {
  void obey(order)
    .catch((error: unknown): Did => ({ says: `could not go on: ${(error as Error).message}`, happened: false }))
    .then((did) => process.send?.(did, () => process.exit(0)));
});
process.send?.("ready");

async function obey({ name, milliseconds, target }: Order): Promise<Did> {
  const attack = attacks.find((each) => each.name === name);
  if (attack === undefined || !("attack" in attack) || attack.attack === undefined)
    throw new Error(`no attack ${name}`);
  return attack.attack(target, AbortSignal.timeout(milliseconds));
}

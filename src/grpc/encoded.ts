/** Services whose handlers give messages already encoded: what many readers get is encoded once. */
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { perObject } from "../core/base/memory/memo.ts";
import { serviceDefinition } from "./protos.ts";
import type { ServiceName } from "./protos.ts";

export interface EncodedService {
  /** Takes Buffers as answers, and sends them as they are. */
  readonly definition: ServiceDefinition;
  readonly encode: (method: string, message: object) => Buffer;
}

export function encodedService(name: ServiceName): EncodedService {
  const plain = serviceDefinition(name);
  const methods = Object.entries(plain).map(([method, definition]): [string, MethodDefinition<unknown, Buffer>] => [
    method,
    { ...definition, responseSerialize: (bytes: Buffer) => bytes, responseDeserialize: (bytes: Buffer) => bytes },
  ]);
  return {
    definition: Object.fromEntries(methods),
    encode: (method, message) => {
      const definition = plain[method];
      if (definition === undefined) throw new Error(`${name} has no method ${method}`);
      return definition.responseSerialize(message);
    },
  };
}

/** A message that is encoded when its turn to be sent has come. */
export interface Deferred {
  /** About so many bytes. */
  readonly bytes: () => number;
  /** It costs nothing now. */
  readonly isEncoded: () => boolean;
  readonly encode: () => Buffer;
}

export const bufferOf = (message: Buffer | Deferred): Buffer => ("encode" in message ? message.encode() : message);

/**
 * Encoded messages, kept for others who get the same, within so many bytes: what was used longest ago is encoded again
 * when somebody wants it.
 */
export class Encodings {
  readonly #most: number;
  /** In the order in which they were used. Nothing but bytes is held here. */
  readonly #slots = new Set<Slot>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  deferred(bytes: () => number, encode: () => Buffer): Deferred {
    const slot: Slot = { message: undefined };
    return {
      bytes: () => slot.message?.length ?? bytes(),
      isEncoded: () => slot.message !== undefined,
      encode: () => this.#used(slot, slot.message ?? encode()),
    };
  }

  #used(slot: Slot, message: Buffer): Buffer {
    if (this.#slots.delete(slot)) this.#bytes -= message.length;
    slot.message = message;
    this.#slots.add(slot);
    this.#bytes += message.length;
    for (const oldest of this.#slots) {
      if (this.#bytes <= this.#most) break;
      this.#slots.delete(oldest);
      this.#bytes -= oldest.message?.length ?? 0;
      oldest.message = undefined;
    }
    return message;
  }
}

interface Slot {
  message: Buffer | undefined;
}

/** What leads from one value, or from nothing, to another: made once for each two, for as long as both are there. */
export function oncePerStep<Value extends object, Made>(
  make: (from: Value | undefined, to: Value) => Made,
): (from: Value | undefined, to: Value) => Made {
  const fromNothing = perObject((to: Value) => make(undefined, to));
  const madeTo = perObject((to: Value) => perObject((from: Value) => make(from, to)));
  return (from, to) => (from === undefined ? fromNothing(to) : madeTo(to)(from));
}

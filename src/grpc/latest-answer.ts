/** An answer to who asks once: the first value, which comes later where it is much work. */
import { bufferOf } from "./encoded.ts";
import { failing } from "./following.ts";
import type { Following, GrpcFault, StreamCounts } from "./following.ts";

export type Answer = (fault: GrpcFault | null, message?: Buffer) => void;

export class LatestAnswer<Value> {
  readonly #following: Following<Value>;
  readonly #counts: Pick<StreamCounts, "failed">;
  readonly #answer: Answer;
  #unfollow = (): void => undefined;
  #isOver = false;

  constructor(following: Following<Value>, counts: Pick<StreamCounts, "failed">, answer: Answer) {
    this.#following = following;
    this.#counts = counts;
    this.#answer = answer;
  }

  begin(): void {
    this.#attempt(() => {
      const fault = this.#following.refusal?.();
      if (fault !== undefined) return this.end(fault);
      const unfollow = this.#following.follow((value) => this.#attempt(() => this.#tell(value)));
      // The first value may already have ended it.
      if (this.#isOver) unfollow();
      else this.#unfollow = unfollow;
    });
  }

  end(fault: GrpcFault | null, message?: Buffer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unfollow();
    this.#answer(fault, message);
  }

  #tell(value: Value): void {
    const now = this.#following.step(undefined, value);
    if ("code" in now) return this.end(now);
    const last = now.at(-1);
    this.end(null, last === undefined ? undefined : bufferOf(last));
  }

  #attempt(work: () => void): void {
    if (this.#isOver) return;
    try {
      work();
    } catch (error) {
      this.#counts.failed?.(this.#following.method, error);
      this.end(failing);
    }
  }
}

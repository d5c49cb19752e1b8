import { expect } from "chai";
import type { V1Container, V1SecurityContext, V1Volume } from "@kubernetes/client-node";
import type { Container, SecurityContext, Volume } from "../../../src/core/mesh/models.ts";
import type { Wire } from "../../../src/core/install/wire.ts";

/** Paths of the fields that are in the first and not in the second, or of another type there. */
type Unlike<Own, Other> = Own extends string | number | boolean
  ? never
  : Own extends readonly (infer Item)[]
    ? Other extends readonly (infer OtherItem)[]
      ? Unlike<NonNullable<Item>, NonNullable<OtherItem>>
      : "is no list"
    : {
        [Key in keyof Own & string]-?: Key extends keyof Other
          ? Unlike<NonNullable<Own[Key]>, NonNullable<Other[Key]>>
          : Key;
      }[keyof Own & string];

type AllOf<Own, Other> = [Unlike<Own, Other>] extends [never] ? true : Unlike<Own, Other>;

describe("shapes of what weft writes into pods", () => {
  it("have no field that the Kubernetes API reference does not have: the compiler says so", () => {
    const container: AllOf<Container, Wire<V1Container>> = true;
    const security: AllOf<SecurityContext, Wire<V1SecurityContext>> = true;
    const volume: AllOf<Volume, Wire<V1Volume>> = true;
    const misspelt: AllOf<{ readonly ports: readonly { readonly hostprt: number }[] }, Wire<V1Container>> = "hostprt";
    expect([container, security, volume, misspelt]).to.deep.equal([true, true, true, "hostprt"]);
  });
});

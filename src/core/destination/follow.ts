/** Endpoints and profiles of targets as they change, shared by all who get the same. */
import { combined, following } from "../view/combined.ts";
import type { Live } from "../view/live.ts";
import type { MeshView } from "../view/mesh.ts";
import type { Context } from "../view/workload.ts";
import { clientOf, placeOf } from "./client.ts";
import { endpointsKey, endpointsOf } from "./endpoints.ts";
import type { Endpoints } from "./endpoints.ts";
import { profileKey, profileOf } from "./profile.ts";
import type { Profile } from "./profile.ts";
import { targetKey } from "./target.ts";
import type { Target } from "./target.ts";

/**
 * The value now and whenever it is another one, until the function that is returned is called. An equal value may come
 * again when the client is seen otherwise than before.
 */
export type Follow<Value> = (
  live: Live,
  mesh: MeshView,
  target: Target,
  context: Context,
  onValue: (value: Value) => void,
) => () => void;

export const followEndpoints: Follow<Endpoints> = (live, mesh, target, context, onValue) =>
  combined(
    following(live, {
      key: JSON.stringify(["place", context.nodeName, targetKey(target)]),
      make: (view) => placeOf(view, target, context),
    }),
    (place) =>
      following(live, {
        key: endpointsKey(target, place),
        make: (view) => endpointsOf(view, mesh, target, place),
      }),
  )(onValue);

export const followProfile: Follow<Profile> = (live, mesh, target, context, onValue) =>
  combined(
    following(live, {
      key: JSON.stringify(["client", context.namespace, context.pod, context.nodeName, targetKey(target)]),
      make: (view) => clientOf(view, target, context),
    }),
    (client) =>
      following(live, { key: profileKey(target, client), make: (view) => profileOf(view, mesh, target, client) }),
  )(onValue);

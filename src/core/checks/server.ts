/** The API server itself. Everything else rests on its answer. */
import { skipped, warningIf, failure, failureIf, given, ok } from "./check.ts";
import type { Category } from "./check.ts";
import type { ServerFacts } from "./facts.ts";
import { valueOf } from "./fact.ts";
import type { Fact } from "./fact.ts";

/** What checks about the server look at, before and after installing. */
interface ServerQuestion {
  readonly server: Fact<ServerFacts>;
}

// matchConditions, which keep weft away from pods that did not ask, are stable and always on since 1.30 (KEP-3716);
// optional types in their CEL (`.?`) came with 1.29.
const minimum = { major: 1, minor: 30 } as const;

// A webhook's certificate is valid from an hour before it was made, and projected tokens live an hour: seconds do no
// harm, but tell wrong times in what follows.
const allowedSkew = 30_000;

export const serverChecks: Category<ServerQuestion> = {
  name: "kubernetes-api",
  checks: [
    {
      id: "api-answers",
      says: "can query the Kubernetes API",
      needs: [],
      about:
        "No check says anything without it. Look at `--kubeconfig`, `--context` and `kubectl version`; after *credentials are not accepted* log in anew.",
      look: ({ server }) =>
        server.kind === "forbidden"
          ? failure([`the credentials are not accepted: ${server.text}`])
          : given(server, () => ok),
    },
    {
      id: "api-version",
      says: `is running Kubernetes ${minimum.major}.${minimum.minor} or newer`,
      needs: ["api-answers"],
      about:
        "weft's entries have match conditions, which keep it away from pods that did not ask. They are stable since Kubernetes 1.30; an older API server may drop them, and then calls weft for every pod.",
      look: ({ server }) => given(server, ({ version }) => failureIf(versionFaults(version))),
    },
    {
      id: "clocks",
      says: "this machine's clock agrees with the API server's",
      needs: ["api-answers"],
      about: "The checks of expiry below go by this machine's clock. Set it by NTP; or that of the control plane.",
      look: ({ server }) => {
        const clock = valueOf(server)?.clock;
        if (clock === undefined) return skipped;
        const skew = skewOf(clock);
        const words = `this machine is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "behind" : "ahead of"} it`;
        return warningIf(Math.abs(skew) > allowedSkew ? [words] : []);
      },
    },
  ],
};

function versionFaults(version: string): readonly string[] {
  const [, major = "", minor = ""] = /^v?([0-9]+)\.([0-9]+)/.exec(version) ?? [];
  if (major === "") return [`its version ${JSON.stringify(version)} cannot be read`];
  const isOld = Number(major) < minimum.major || (Number(major) === minimum.major && Number(minor) < minimum.minor);
  return isOld
    ? [`it is ${version}: match conditions, which keep weft away from other pods, are not stable there`]
    : [];
}

/** Milliseconds by which the server is ahead, at least; its header has whole seconds. */
function skewOf({ server, before, after }: NonNullable<ServerFacts["clock"]>): number {
  const earliest = server.getTime() - after.getTime();
  const latest = server.getTime() + 1000 - before.getTime();
  if (earliest > 0) return earliest;
  return latest < 0 ? latest : 0;
}

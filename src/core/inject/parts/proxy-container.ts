/** The sidecar: linkerd-proxy. */
import type { CapabilityLists, Container, SecurityContext } from "../../mesh/models.ts";
import { begunWith } from "../../base/json/beginning.ts";
import { perObject, perText } from "../../base/memory/memo.ts";
import { proxyPortNames } from "../../mesh/proxy-ports.ts";
import { numberText, isZero } from "../../base/scalars/numbers.ts";
import { containerNames } from "../../mesh/sidecar.ts";
import { capabilities, proxyCapabilities, proxyImage, resources, tokenMounts, whole } from "./containers.ts";
import type { NewContainer } from "./containers.ts";
import type { Installation } from "../settings/installation.ts";
import type { PodView } from "../pod/pod-view.ts";
import { proxyEnvironment } from "./proxy-env.ts";
import { identityDirectory, podInfoDirectory, tokenDirectory, volumeNames } from "./volumes.ts";
import type { PodSettings } from "../settings/settings.ts";

export interface ProxyInput {
  readonly settings: PodSettings;
  readonly installation: Installation;
  readonly pod: PodView;
  readonly inboundPorts: string;
  readonly opaquePorts: string;
}

export function proxyContainer(input: ProxyInput): NewContainer {
  const { installation, settings, pod, inboundPorts, opaquePorts } = input;
  const lists = proxyCapabilities(pod, settings);
  const beginning = beginnings(installation)(settings)(
    JSON.stringify([inboundPorts, opaquePorts, lists ?? null] satisfies Said),
  );
  return begunWith(beginning, { volumeMounts: volumeMounts(input) });
}

/** What of a pod stands in the container before its volumes. */
type Said = readonly [inboundPorts: string, opaquePorts: string, capabilities: CapabilityLists | null];

/** All but the volumes, the same object for pods that are alike in the rest: of so many kinds with the same settings. */
const beginnings = perObject((installation: Installation) =>
  perObject((settings: PodSettings) =>
    perText((text) => beginning(installation, settings, JSON.parse(text) as Said), { most: 8, longest: 1024 }),
  ),
);

function beginning(installation: Installation, settings: PodSettings, said: Said): NewContainer {
  const [inboundPorts, opaquePorts, lists] = said;
  const { image, ports, rest } = fixed(settings);
  return {
    name: containerNames.proxy,
    ...image,
    env: proxyEnvironment({ installation, settings, inboundPorts, opaquePorts }),
    ...ports,
    securityContext: securityContext(settings, lists ?? undefined),
    ...rest,
  };
}

/** What follows from the settings alone, made once for them. */
const fixed = perObject((settings: PodSettings) => ({
  image: proxyImage(settings),
  ports: {
    ports: [
      { containerPort: whole(settings["proxy.ports.inbound"]), name: proxyPortNames.inbound },
      { containerPort: whole(settings["proxy.ports.admin"]), name: proxyPortNames.admin },
    ],
    ...probes(settings),
    ...resources(settings),
  },
  rest: {
    terminationMessagePolicy: "FallbackToLogsOnError",
    ...lifecycle(settings),
    ...(settings["proxy.nativeSidecar"] ? { restartPolicy: "Always" } : {}),
  },
}));

function probes(settings: PodSettings): Pick<Container, "livenessProbe" | "readinessProbe" | "startupProbe"> {
  const get = (path: string): NonNullable<NonNullable<Container["livenessProbe"]>["httpGet"]> => ({
    path,
    port: whole(settings["proxy.ports.admin"]),
  });
  const startup = settings["proxy.nativeSidecar"] && settings["proxy.await"];
  return {
    livenessProbe: {
      httpGet: get("/live"),
      initialDelaySeconds: whole(settings["proxy.livenessProbe.initialDelaySeconds"]),
      timeoutSeconds: whole(settings["proxy.livenessProbe.timeoutSeconds"]),
    },
    readinessProbe: {
      httpGet: get("/ready"),
      initialDelaySeconds: whole(settings["proxy.readinessProbe.initialDelaySeconds"]),
      timeoutSeconds: whole(settings["proxy.readinessProbe.timeoutSeconds"]),
    },
    ...(startup
      ? {
          startupProbe: {
            httpGet: get("/ready"),
            initialDelaySeconds: whole(settings["proxy.startupProbe.initialDelaySeconds"]),
            periodSeconds: whole(settings["proxy.startupProbe.periodSeconds"]),
            failureThreshold: whole(settings["proxy.startupProbe.failureThreshold"]),
          },
        }
      : {}),
  };
}

function securityContext(settings: PodSettings, lists: CapabilityLists | undefined): SecurityContext {
  const given = settings["proxy.securityContext"];
  if (given !== undefined) return given;
  return {
    allowPrivilegeEscalation: false,
    ...capabilities(lists),
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: whole(settings["proxy.uid"]),
    ...(settings["proxy.gid"] >= 0 ? { runAsGroup: whole(settings["proxy.gid"]) } : {}),
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Native sidecars start and stop in order by themselves; without them hooks do it. */
function lifecycle(settings: PodSettings): Pick<Container, "lifecycle"> {
  if (settings["proxy.nativeSidecar"]) return {};
  const port = `--port=${numberText(settings["proxy.ports.admin"])}`;
  const wait = settings["proxy.waitBeforeExitSeconds"];
  const hooks = {
    ...(settings["proxy.await"]
      ? { postStart: { exec: { command: ["/usr/lib/linkerd/linkerd-await", "--timeout=2m", port] } } }
      : {}),
    ...(isZero(wait) ? {} : { preStop: { exec: { command: ["/bin/sleep", numberText(wait)] } } }),
  };
  return Object.keys(hooks).length === 0 ? {} : { lifecycle: hooks };
}

const volumeMounts = ({ settings, pod }: ProxyInput): NonNullable<Container["volumeMounts"]> => [
  { mountPath: identityDirectory, name: volumeNames.identity },
  ...(settings["proxy.tracing.enabled"] ? [{ mountPath: podInfoDirectory, name: volumeNames.podInfo }] : []),
  ...(settings["identity.serviceAccountTokenProjection"]
    ? [{ mountPath: tokenDirectory, name: volumeNames.token }]
    : []),
  ...tokenMounts(pod.containers[0]?.tokenMount),
];

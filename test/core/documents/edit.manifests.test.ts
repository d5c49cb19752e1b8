import { expect } from "chai";
import { readDocument } from "../../../src/core/documents/document.ts";
import { editDocument } from "../../../src/core/documents/edit.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

interface Template {
  readonly metadata?: { readonly labels?: object; readonly annotations?: object };
  readonly spec: { readonly initContainers?: Json[]; readonly containers: Json[]; readonly volumes?: Json[] };
}

/** What an injection does to a pod: keys where there were none, containers first and last, a volume at the end. */
const injected = ({ metadata, spec, ...rest }: Template): Template => ({
  ...rest,
  metadata: { ...metadata, annotations: { ...metadata?.annotations, "linkerd.io/created-by": "weft" } },
  spec: {
    ...spec,
    initContainers: [{ name: "linkerd-init", args: ["-p", "4143"] }, ...(spec.initContainers ?? [])],
    containers: [
      { name: "linkerd-proxy", env: [{ name: "A", value: "" }] },
      ...spec.containers,
      { name: "linkerd-debug" },
    ],
    volumes: [...(spec.volumes ?? []), { name: "linkerd-identity", emptyDir: { medium: "Memory" } }],
  },
});

const deployment = `# Copyright the authors.
apiVersion: apps/v1 # stable
kind: Deployment
metadata: {name: web, labels: {app: web}} # short
spec:
  replicas: 3
  # large
  revisionHistoryLimit: 9007199254740993
  template:
    metadata:
      labels: &labels # shared
        app: 'web'
        # end of labels
    spec:
      # what runs first
      initContainers:
      # database
      - name: migrate # once
        image: "registry.example/migrate:1"
        command: [sh, -c, 'migrate up']   # shell

      # what runs
      containers:

      # the site
      - name: web
        image: registry.example/web:1
        args:
          - |
            first line

            last line
          # more arguments
        unknownField: {b: 1, a: yes}
      # - name: old
      #   image: old

      nodeSelector: *labels
      volumes: # two
      - name: cache # fast
        emptyDir: {}
      # end of volumes
# end
`;

const deploymentInjected = `# Copyright the authors.
apiVersion: apps/v1 # stable
kind: Deployment
metadata: {name: web, labels: {app: web}} # short
spec:
  replicas: 3
  # large
  revisionHistoryLimit: 9007199254740993
  template:
    metadata:
      labels: &labels # shared
        app: 'web'
        # end of labels
      annotations:
        linkerd.io/created-by: weft
    spec:
      # what runs first
      initContainers:
      - name: linkerd-init
        args:
        - -p
        - "4143"
      # database
      - name: migrate # once
        image: "registry.example/migrate:1"
        command: [sh, -c, 'migrate up']   # shell

      # what runs
      containers:

      - name: linkerd-proxy
        env:
        - name: A
          value: ""
      # the site
      - name: web
        image: registry.example/web:1
        args:
          - |
            first line

            last line
          # more arguments
        unknownField: {b: 1, a: yes}
      - name: linkerd-debug
      # - name: old
      #   image: old

      nodeSelector: *labels
      volumes: # two
      - name: cache # fast
        emptyDir: {}
      - name: linkerd-identity
        emptyDir:
          medium: Memory
      # end of volumes
# end
`;

const list = `kind: List
apiVersion: v1
metadata: {}
items:
  - kind: Service # not a pod
    metadata: {name: web}
  # the pod
  - kind: Pod
    metadata: # no annotations yet
      name: web
    spec:
      containers:
        - name: web
`;

const listInjected = `kind: List
apiVersion: v1
metadata: {}
items:
  - kind: Service # not a pod
    metadata: {name: web}
  # the pod
  - kind: Pod
    metadata: # no annotations yet
      name: web
      annotations:
        linkerd.io/created-by: weft
    spec:
      containers:
        - name: linkerd-proxy
          env:
            - name: A
              value: ""
        - name: web
        - name: linkerd-debug
      initContainers:
        - name: linkerd-init
          args:
            - -p
            - "4143"
      volumes:
        - name: linkerd-identity
          emptyDir:
            medium: Memory
`;

const pod = `{
  "kind": "Pod",
  "metadata": { "name": "web", "annotations": {} },
  "spec": {
    "containers": [
      { "name": "web" }
    ],
    "volumes": []
  }
}`;

const podInjected = `{
  "kind": "Pod",
  "metadata": { "name": "web", "annotations": {"linkerd.io/created-by": "weft"} },
  "spec": {
    "containers": [
      {
        "name": "linkerd-proxy",
        "env": [
          {
            "name": "A",
            "value": ""
          }
        ]
      },
      { "name": "web" },
      {
        "name": "linkerd-debug"
      }
    ],
    "volumes": [
      {
        "name": "linkerd-identity",
        "emptyDir": {
          "medium": "Memory"
        }
      }
    ],
    "initContainers": [
      {
        "name": "linkerd-init",
        "args": [
          "-p",
          "4143"
        ]
      }
    ]
  }
}`;

// oxlint-disable-next-line typescript/no-explicit-any -- the values have the shape that the text above shows
type Change = (value: any) => Json;
const inPod: Change = (value) => ({ ...value, ...injected(value) });
const inTemplate: Change = (value) => ({ ...value, spec: { ...value.spec, template: injected(value.spec.template) } });
const inList: Change = (value) => ({ ...value, items: [value.items[0], inPod(value.items[1])] });

const rows: readonly [claim: string, text: string, change: Change, expected: string][] = [
  ["a Deployment with comments everywhere", deployment, inTemplate, deploymentInjected],
  [
    "a Deployment with Windows lines",
    deployment.replaceAll("\n", "\r\n"),
    inTemplate,
    deploymentInjected.replaceAll("\n", "\r\n"),
  ],
  ["a List", list, inList, listInjected],
  ["a pod in JSON", pod, inPod, podInjected],
  ["a pod in compact JSON", JSON.stringify(JSON.parse(pod)), inPod, JSON.stringify(JSON.parse(podInjected))],
];

describe("editDocument: manifests", () => {
  for (const [claim, text, change, expected] of rows) {
    it(`injects ${claim}`, () => {
      const before = readDocument(text).value ?? null;
      expect(editDocument(text, before, change(before))).to.deep.equal({ text: expected });
    });

    it(`gives ${claim} back byte for byte`, () => {
      const [before = null, after = null] = [text, expected].map((document) => readDocument(document).value);
      expect(editDocument(expected, after, before)).to.deep.equal({ text });
    });
  }
});

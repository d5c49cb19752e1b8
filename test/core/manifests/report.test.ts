import { expect } from "chai";
import { injectReport, uninjectReport, untouched } from "../../../src/core/manifests/report.ts";
import type { ObjectReport, ReportStyle } from "../../../src/core/manifests/report.ts";

const injected = (name: string, more: Partial<ObjectReport> = {}): ObjectReport => ({
  ...untouched("deployment", name),
  outcome: "injected",
  supported: true,
  ...more,
});
const plain: ReportStyle = { verbose: false, colours: undefined };

describe("injectReport", () => {
  const rows: readonly [claim: string, objects: readonly ObjectReport[], style: ReportStyle, text: string][] = [
    [
      "has one line for each object",
      [injected("a"), injected("b")],
      plain,
      '\ndeployment "a" injected\ndeployment "b" injected\n\n',
    ],
    [
      "says when there was nothing to inject",
      [untouched("secret", "s"), untouched("", "")],
      plain,
      '\n‼ no supported objects found\n\nsecret "s" skipped\ndocument missing "kind" field, skipped\n\n',
    ],
    ["says so for an empty input", [], plain, "\n‼ no supported objects found\n\n\n"],
    [
      "lists UDP ports, one or several",
      [injected("a", { udp: true })],
      plain,
      '\n‼ deployment/a uses "protocol: UDP"\n\ndeployment "a" injected\n\n',
    ],
    [
      "has the checks in their order",
      [
        injected("a", { udp: true, hostNetwork: true }),
        { ...injected("b", { udp: true, disabled: true, sidecar: true }), outcome: "skipped" },
      ],
      plain,
      [
        "",
        '‼ "hostNetwork: true" detected in deployment/a',
        "‼ known 3rd party sidecar detected in deployment/b",
        '‼ "linkerd.io/inject: disabled" annotation set on deployment/b',
        '‼ deployment/a, deployment/b use "protocol: UDP"',
        "",
        'deployment "a" injected',
        'deployment "b" skipped',
        "",
        "",
      ].join("\n"),
    ],
    [
      "names what weft alone leaves out",
      [
        { ...injected("a", { windows: true }), outcome: "skipped" },
        { ...injected("b", { mirror: true }), outcome: "skipped" },
      ],
      plain,
      [
        "",
        "‼ pods that run on Windows detected in deployment/a",
        "‼ mirror pods detected in deployment/b",
        "",
        'deployment "a" skipped',
        'deployment "b" skipped',
        "",
        "",
      ].join("\n"),
    ],
    [
      "has no line for a refused token, but the empty one",
      [injected("a", { automountRefused: true })],
      plain,
      '\n\ndeployment "a" injected\n\n',
    ],
    [
      "says what it checked when asked",
      [injected("a")],
      { verbose: true, colours: undefined },
      [
        "",
        "√ pods do not use host networking",
        "√ pods do not have a 3rd party proxy or initContainer already injected",
        "√ pods are not annotated to disable injection",
        "√ at least one resource can be injected or annotated",
        "√ pod specs do not include UDP ports",
        '√ pods do not have automountServiceAccountToken set to "false" or service account token projection is enabled',
        "",
        'deployment "a" injected',
        "",
        "",
      ].join("\n"),
    ],
    [
      "colours the symbols alone",
      [injected("a", { udp: true })],
      { verbose: false, colours: "\u001B[" },
      '\n\u001B[33;1m‼\u001B[0m deployment/a uses "protocol: UDP"\n\ndeployment "a" injected\n\n',
    ],
  ];
  for (const [claim, objects, style, text] of rows) {
    it(claim, () => {
      expect(injectReport(objects, style)).to.equal(text);
    });
  }
});

describe("uninjectReport", () => {
  it("has one line for each object, whatever it is", () => {
    const objects = [
      { ...untouched("pod", "p"), outcome: "uninjected" as const },
      untouched("", ""),
      untouched("service", "s"),
    ];
    expect(uninjectReport(objects)).to.equal(
      '\npod "p" uninjected\ndocument missing "kind" field, skipped\nservice "s" skipped\n\n',
    );
  });
});

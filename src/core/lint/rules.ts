/** The rules of `weft lint`: what a finding is called, and how much it weighs. Programs of CI keep their names. */

export const levels = ["error", "warning", "note"] as const;
export type Level = (typeof levels)[number];

interface Rule {
  readonly level: Level;
  /** What it finds, one sentence. */
  readonly says: string;
}

export const rules = {
  unreadable: { level: "error", says: "The file is not YAML, or not JSON, as kubectl reads it." },
  "not-text": {
    level: "error",
    says: "A name, a label or another text is a number or a boolean, which Kubernetes refuses.",
  },
  "not-meshed": { level: "error", says: "The pods ask for the proxy, and do not get it, or are refused." },
  "policy-refused": { level: "error", says: "The policy is refused when it is applied." },
  "private-key": {
    level: "error",
    says: "A value, or a name of one, holds a private key, which `weft install` refuses.",
  },
  "will-not-run": { level: "warning", says: "The pod is injected, and will not run with a value of an annotation." },
  "value-not-used": { level: "warning", says: "A value of an annotation cannot be used." },
  "unknown-key": { level: "warning", says: "No annotation has this name." },
  "helm-value": { level: "warning", says: "Linkerd's chart and weft know no such value, or one of another type." },
  "policy-without-effect": { level: "warning", says: "A part of the policy has no effect, such as a mistyped key." },
  "unread-text": { level: "warning", says: "Kubernetes does not read this part of the file." },
  "doubtful-value": { level: "note", says: "The value is used, and may not do what its author expects." },
  "no-object": { level: "note", says: "The document is not a Kubernetes object, and is not looked at." },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof rules;

export const ruleIds = Object.keys(rules) as readonly RuleId[];

/** Whether a level weighs as much as another, or more. */
export const isAtLeast = (level: Level, least: Level): boolean => levels.indexOf(level) <= levels.indexOf(least);

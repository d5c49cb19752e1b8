/** Reviews that are large or odd, as text: what is in them is an attacker's, the rest is an API server's. */

export interface Review {
  readonly resource?: string;
  readonly kind?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly uid?: string;
}

/** `object`: JSON. */
export const review = (object: string, asked: Review = {}): string => {
  const { resource = "pods", kind = "Pod", group = "", namespace = "shop", uid = "u" } = asked;
  const names = { group, version: "v1" };
  const request = {
    uid,
    kind: { ...names, kind },
    resource: { ...names, resource },
    namespace,
    operation: "CREATE",
  };
  const head = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" };
  return `${JSON.stringify(head).slice(0, -1)},"request":${JSON.stringify(request).slice(0, -1)},"object":${object}}}`;
};

export interface PodText {
  /** Further fields of the spec, of its container, and annotations, as JSON with a comma in front. */
  readonly spec?: string;
  readonly container?: string;
  readonly annotations?: string;
  readonly metadata?: string;
}

export const podText = ({ spec = "", container = "", annotations = "", metadata = "" }: PodText): string =>
  `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"shop"${metadata},` +
  `"annotations":{"linkerd.io/inject":"enabled"${annotations}}},` +
  `"spec":{"containers":[{"name":"a","image":"b"${container}}]${spec}}}`;

/** Numbered texts with commas between them, so many characters in all. */
export function listed(length: number, text: (index: number) => string): string {
  const texts: string[] = [];
  for (let index = 0, sum = 0; sum < length; index += 1) {
    const next = text(index);
    texts.push(next);
    sum += next.length + 1;
  }
  return texts.join(",");
}

/** As HTTP/1.1 has it. */
export const posted = (body: string, path = "/?timeout=30s", headers = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}` +
  `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** What API servers send at most is 3 MiB; weft's limit is above that. */
export const large = 7.6 * 2 ** 20;

import { expect } from "chai";
import { admission, headersOfAll } from "../../src/web/guards.ts";
import type { Asked } from "../../src/web/guards.ts";

const lock = { port: 50_750, key: "k3y", openingKey: "0nce" };
const host = "127.0.0.1:50750";
const cookie = "weft-50750=k3y";

/** What becomes of a request: its status, or the path that it is let in to. */
const outcome = (asked: Partial<Asked>): string | number => {
  const result = admission({ method: "GET", url: "/", headers: { host }, ...asked }, lock);
  return result.kind === "in" ? result.path : result.status;
};

describe("guards", () => {
  const rows: readonly [claim: string, asked: Partial<Asked>, expected: string | number][] = [
    ["the key is exchanged for a cookie", { url: "/?key=k3y" }, 303],
    ["also beside something else in the query", { url: "/?utm=x&key=k3y" }, 303],
    ["so is the one that a browser is opened with", { url: "/?key=0nce" }, 303],
    [
      "by a link of another site: from a page of this one",
      { url: "/?key=k3y", headers: { host, "sec-fetch-site": "cross-site" } },
      200,
    ],
    ["that is no cookie", { headers: { host, cookie: "weft-50750=0nce" } }, 401],
    ["another key is none", { url: "/?key=k3" }, 401],
    ["nor is a longer one", { url: "/?key=k3yy" }, 401],
    ["nor an empty one", { url: "/?key=" }, 401],
    ["the key opens nothing but the door", { url: "/events?key=k3y" }, 401],
    ["nothing without the cookie", { url: "/events" }, 401],
    ["the page, with it", { headers: { host, cookie } }, "/"],
    ["a stream, with it", { url: "/tap?resource=a/b", headers: { host, cookie } }, "/tap"],
    ["among others", { headers: { host, cookie: `a=b; ${cookie}; c` } }, "/"],
    ["the cookie of a dashboard on another port", { headers: { host, cookie: "weft-50751=k3y" } }, 401],
    ["a cookie without a value", { headers: { host, cookie: "weft-50750" } }, 401],
    ["a cookie with another value", { headers: { host, cookie: "weft-50750=other" } }, 401],
    ["by the name localhost", { headers: { host: "LocalHost:50750", cookie } }, "/"],
    ["a name that leads here by DNS", { headers: { host: "evil.example:50750", cookie } }, 421],
    ["another port", { headers: { host: "127.0.0.1:80", cookie } }, 421],
    ["a host without a port", { headers: { host: "127.0.0.1", cookie } }, 421],
    ["no host", { headers: { cookie } }, 421],
    ["a wrong host before the key is looked at", { url: "/?key=k3y", headers: { host: "evil.example" } }, 421],
    ["POST", { method: "POST", headers: { host, cookie } }, 405],
    ["HEAD", { method: "HEAD", headers: { host, cookie } }, 405],
    ["OPTIONS, as before a request from another origin", { method: "OPTIONS", headers: { host, cookie } }, 405],
    ["the whole URL, as for a proxy", { url: "http://evil.example/", headers: { host, cookie } }, 400],
    ["a stream for a page of another port", stream("same-site"), 403],
    ["a stream for a page of another site", stream("cross-site"), 403],
    ["a stream opened as a page", stream("none"), 403],
    ["a stream for weft's own page", stream("same-origin"), "/events"],
    ["the page, by a link of another site", { headers: { host, cookie, "sec-fetch-site": "cross-site" } }, "/"],
  ];
  for (const [claim, asked, expected] of rows) it(claim, () => expect(outcome(asked)).to.equal(expected));

  it("the cookie is for this server's pages alone", () => {
    const result = admission({ method: "GET", url: "/?key=k3y", headers: { host } }, lock);
    expect(result).to.deep.equal({
      kind: "answer",
      status: 303,
      isSpent: false,
      text: "",
      headers: { Location: "/", "Set-Cookie": "weft-50750=k3y; HttpOnly; SameSite=Strict; Path=/" },
    });
  });

  it("a key that was used opens nothing", () => {
    const used = { ...lock, openingKey: undefined };
    for (const url of ["/?key=0nce", "/?key=", "/?key=undefined"])
      expect(admission({ method: "GET", url, headers: { host } }, used)).to.include({ status: 401 });
  });

  it("the policy of contents, to the letter", () => {
    expect(headersOfAll["Content-Security-Policy"]).to.equal(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });
});

function stream(site: string): Partial<Asked> {
  return { url: "/events", headers: { host, cookie, "sec-fetch-site": site } };
}

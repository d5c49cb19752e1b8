/** The dashboard's page in Chromium, with maps and lines of ours: what is seen, pressed, heard, and never run. */
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Dashboard } from "../../../src/web/server.ts";
import type { TapQuery } from "../../../src/web/tap-query.ts";
import { chromiumAt, openBrowser } from "../../support/browser.ts";
import { dashboard, mapRound, requestLines } from "../../support/dashboard.ts";
import type { Shown } from "../../support/dashboard.ts";
import { awkward, large, nothingMeshed, shop } from "../../support/maps.ts";
import { faint, nameless } from "./accessibility.ts";

const executable = chromiumAt();
if (executable === undefined) process.stdout.write("tests of the dashboard's page are skipped: no chromium\n");

interface Opened {
  readonly page: Page;
  readonly served: Dashboard;
  /** What the console said that is no good: violations of the policy of contents among them. */
  readonly complaints: string[];
  /** Requests to another origin. */
  readonly abroad: string[];
}

(executable === undefined ? describe.skip : describe)("page", () => {
  let browser: Browser;
  const closing: (() => Promise<unknown>)[] = [];

  before(async () => {
    browser = await openBrowser(executable ?? "");
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  after(() => browser.close());

  async function opened(shown: Shown, options: BrowserContextOptions = {}): Promise<Opened> {
    const served = await dashboard(shown);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    closing.push(() => context.close(), served.close);
    const [complaints, abroad]: [string[], string[]] = [[], []];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== `http://127.0.0.1:${served.port}`) abroad.push(request.url());
    });
    await page.goto(served.address);
    return { page, served, complaints, abroad };
  }
  const rounds = [mapRound(shop(0)), mapRound(shop(1)), mapRound(shop(2))];
  const box = (page: Page, id: string): ReturnType<Page["locator"]> => page.locator(`.box[data-id="${id}"]`);
  const web = "shop/deployment/web";

  it("a map: boxes, arrows, the sentence; no complaint, nothing from elsewhere", async () => {
    const { page, complaints, abroad } = await opened({ rounds, namespace: "shop" });
    await box(page, web).waitFor();
    expect(new URL(page.url()).search).to.equal("");
    expect(await page.locator("h1").textContent()).to.equal("73 of 119 connections are secured by mutual TLS");
    expect(await page.locator(".box").count()).to.equal(13);
    expect(await page.locator(".map .arrow.secured").count()).to.equal(12);
    expect(await page.locator(".map .arrow.unsecured").count()).to.equal(2);
    expect(await page.locator(".map .arrow.partial title").textContent()).to.match(
      /^deployment web in shop to deployment search in shop, 3 of 5 connections secured: Not Provided By Service Discovery, /,
    );
    expect(await page.locator(".scope").textContent()).to.match(/namespace\s+shop/);
    expect([complaints, abroad]).to.deep.equal([[], []]);
  });

  it("a table: the same edges, sorted, filtered", async () => {
    const { page, complaints } = await opened({ rounds });
    await page.getByRole("tab", { name: "Table" }).click();
    const row = page.locator("tbody tr");
    await row.first().waitFor();
    expect(await row.count()).to.equal(16);
    expect(await row.first().innerText()).to.match(/\(not meshed\)\s+callers without a proxy\s+ingress/);
    await page.getByRole("button", { name: "Rate" }).click();
    expect(await page.locator("thead th.rps").getAttribute("aria-sort")).to.equal("descending");
    await page.getByRole("searchbox", { name: /^Filter by name/ }).fill("payments");
    await page.getByText("2 of 16 edges").waitFor();
    await page.getByRole("searchbox", { name: /^Filter by name/ }).fill("");
    await page.getByRole("checkbox", { name: "only what is not secured" }).check();
    await page.getByText("3 of 16 edges").waitFor();
    expect(await row.count()).to.equal(3);
    await page.getByRole("tab", { name: "Map" }).click();
    await page.locator(".map .arrow.secured").first().waitFor({ state: "detached" });
    expect(complaints).to.deep.equal([]);
  });

  it("details: identities, ports, charts; of a workload and of an edge", async () => {
    const { page, complaints } = await opened({ rounds });
    await box(page, web).click();
    const detail = page.getByRole("complementary", { name: "Details" });
    await detail.getByRole("heading", { name: "web" }).waitFor();
    await detail.getByRole("button", { name: /^search/ }).click();
    await detail.getByText("3 of 5 secured").waitFor();
    expect(await detail.innerText())
      .to.contain("web.shop")
      .and.contain("search.shop")
      .and.contain("8080");
    expect(await detail.locator("canvas").count()).to.equal(3);
    expect(await detail.getByRole("img", { name: /^Latency: now / }).count()).to.equal(1);
    expect(complaints).to.deep.equal([]);
  });

  it("a tap: lines, filter, pause, what is asked, the end", async () => {
    const asked: TapQuery[] = [];
    const lines = Array.from({ length: 200 }, (_, index) =>
      requestLines(index, index === 7 ? "/rare" : "/cart"),
    ).flat();
    const { page, served, complaints } = await opened({ rounds, lines, asked: (query) => asked.push(query) });
    await box(page, web).click();
    await page.getByRole("button", { name: "Tap" }).click();
    const tap = page.getByRole("region", { name: "Tap of deployment web in shop" });
    await tap.getByText("500 lines, the newest").waitFor();
    expect(await tap.locator(".lines .line").count()).to.equal(500);
    expect(await tap.locator(".lines .line").last().innerText()).to.equal(lines.at(-1)?.text);
    await tap.getByRole("searchbox").fill(":status=503");
    await tap.getByText(/^1\d of 500 lines/).waitFor();
    await tap.getByRole("button", { name: "Pause" }).click();
    await tap.getByRole("button", { name: "Resume" }).waitFor();
    await tap.getByRole("textbox", { name: "Only paths that begin with" }).fill("/rare");
    await tap.getByRole("button", { name: "Apply" }).click();
    await tap.getByRole("button", { name: "Pause" }).waitFor();
    const resource = { resource: "deployment/web", namespace: "shop" };
    expect(asked).to.deep.equal([
      { ...resource, path: undefined, method: undefined },
      { ...resource, path: "/rare", method: undefined },
    ]);
    expect(complaints).to.deep.equal([]);
    await served.close();
    await tap.getByText("The connection to weft was lost.").waitFor();
    await page.getByText("The connection to weft was lost; trying again.").waitFor();
  });

  it("why a tap ended", async () => {
    const { page } = await opened({ rounds, end: 'serviceaccounts "weft-tap" not found' });
    await box(page, web).click();
    await page.getByRole("button", { name: "Tap" }).click();
    await page.getByText('serviceaccounts "weft-tap" not found').waitFor();
  });

  it("without the key: 401, in words", async () => {
    const { served } = await opened({ rounds });
    const stranger = await browser.newPage();
    closing.push(() => stranger.close());
    const answer = await stranger.goto(`http://127.0.0.1:${served.port}/`);
    expect([answer?.status(), (await answer?.text())?.trim()]).to.deep.equal([
      401,
      "The key is missing, or was used. Open the address that weft dashboard has printed: it has a key.",
    ]);
  });

  it("the key stays neither in the browser's history, nor is it told to anybody", async () => {
    const { page, served } = await opened({ rounds });
    await box(page, web).waitFor();
    const key = new URL(served.address).searchParams.get("key") ?? "none";
    const session = await page.context().newCDPSession(page);
    const { entries } = await session.send("Page.getNavigationHistory");
    expect(entries.map(({ url }) => url)).to.deep.equal(["about:blank", `http://127.0.0.1:${served.port}/`]);
    const told = await page.evaluate(() => [
      document.referrer,
      document.URL,
      document.cookie,
      ...performance.getEntries().map(({ name }) => name),
      ...Object.values(localStorage),
    ]);
    expect(told.join(" ")).not.to.contain(key);
    const referrers: (string | undefined)[] = [];
    page.on("request", (request) => referrers.push(request.headers()["referer"]));
    await page.reload();
    await box(page, web).waitFor();
    expect(referrers.length).to.be.greaterThan(5);
    expect(referrers.filter((each) => each !== undefined && each !== "")).to.deep.equal([]);
  });

  it("a page of another port of this machine gets nothing, with the cookie that the browser has", async () => {
    const { page, served } = await opened({ rounds });
    await box(page, web).waitFor();
    const other = await page.context().newPage();
    await other.route("http://127.0.0.1:1/", (route) => route.fulfill({ contentType: "text/html", body: "<p>x</p>" }));
    await other.goto("http://127.0.0.1:1/");
    const got = await other.evaluate(async (port) => {
      const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
      const read = (path: string, mode: RequestMode): Promise<string> =>
        fetch(at(path), { mode, credentials: "include" }).then(
          (answer) => `${answer.status}`,
          () => "nothing",
        );
      const loaded = (element: HTMLScriptElement | HTMLIFrameElement, path: string): Promise<string> =>
        new Promise((resolve) => {
          element.addEventListener("load", () => resolve(element instanceof HTMLIFrameElement ? "a frame" : "loaded"));
          element.addEventListener("error", () => resolve("nothing"));
          element.src = at(path);
          document.body.append(element);
        });
      return {
        cors: await read("/events", "cors"),
        opaque: await read("/events", "no-cors"),
        script: await loaded(document.createElement("script"), "/page/main.js"),
      };
    }, served.port);
    expect(got).to.deep.equal({ cors: "nothing", opaque: "nothing", script: "nothing" });
  });

  it("from a link of another site, too", async () => {
    const { page, served } = await opened({ rounds });
    const context = await browser.newContext();
    closing.push(() => context.close());
    const other = await context.newPage();
    // A name of its own, so that it is another site.
    await other.route("http://elsewhere.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: `<a href="${served.address}">the dashboard</a>` }),
    );
    await other.goto("http://elsewhere.example/");
    await other.getByRole("link").click();
    await box(other, web).waitFor();
    expect(other.url()).to.equal(`http://127.0.0.1:${served.port}/`);
    await page.close();
  });

  it("text of callers is text", async () => {
    const lines = requestLines(0, "/<img/src=x/onerror=alert(1)>");
    const { page, complaints } = await opened({ rounds: [mapRound(awkward(1))], lines });
    await box(page, "shop/deployment/<img src=x onerror=alert(1)>").click();
    const looks = async (): Promise<void> => {
      expect(await page.locator("img, [onerror]").count()).to.equal(0);
      expect(await page.locator("body").innerText()).to.contain("<img");
    };
    await page.getByRole("complementary").getByText("<img src=x onerror=alert(1)>").first().waitFor();
    await looks();
    await page.getByText("2 pods could not be read").click();
    await looks();
    await page.getByRole("tab", { name: "Table" }).click();
    await page.locator("tbody tr").nth(1).click();
    await looks();
    expect(complaints).to.deep.equal([]);
  });

  it("a tap's lines, too", async () => {
    const path = "/<img/src=x/onerror=alert(1)>";
    const { page, complaints } = await opened({ rounds, lines: requestLines(0, path) });
    await box(page, web).click();
    await page.getByRole("button", { name: "Tap" }).click();
    await page.locator(".lines .line", { hasText: path }).waitFor();
    expect(await page.locator("img, [onerror]").count()).to.equal(0);
    expect(complaints).to.deep.equal([]);
  });

  it("by keyboard alone: from box to box, to the details, and back", async () => {
    const { page } = await opened({ rounds });
    await box(page, web).waitFor();
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute("data-id") ?? element?.getAttribute("aria-label") ?? element?.id ?? "";
      });
    const stops: string[] = [];
    for (let stop = 0; stop < 8; stop += 1) {
      await page.keyboard.press("Tab");
      stops.push(await focused());
    }
    expect(stops).to.deep.equal([
      "tab-map",
      "filter",
      "",
      "edge/daemonset/ingress",
      "Zoom in",
      "Zoom out",
      "Show all of the map",
      "",
    ]);
    await box(page, web).focus();
    await page.keyboard.press("ArrowDown");
    const below = await focused();
    expect(below)
      .to.match(/^shop\/deployment\//)
      .and.not.equal(web);
    await page.keyboard.press("Enter");
    const detail = page.getByRole("complementary", { name: "Details" });
    await detail.waitFor();
    await detail.getByRole("button", { name: "Close details" }).focus();
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "detached" });
    await page.waitForFunction((id) => document.activeElement?.getAttribute("data-id") === id, below);
    await page.keyboard.press("/");
    expect(await focused()).to.equal("filter");
    await page.getByRole("tab", { name: "Map" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.locator("tbody tr").first().waitFor();
    expect(await focused()).to.equal("tab-table");
  });

  it("the wheel zooms, a drag moves, a button shows all again", async () => {
    const { page } = await opened({ rounds });
    await box(page, web).waitFor();
    const place = (): Promise<string | null> => page.locator(".map > g").getAttribute("transform");
    const first = await place();
    await page.mouse.move(300, 300);
    await page.mouse.wheel(0, -300);
    await page.waitForFunction(
      (before) => document.querySelector(".map > g")?.getAttribute("transform") !== before,
      first,
    );
    const nearer = await place();
    await page.mouse.down();
    await page.mouse.move(360, 340, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(
      (before) => document.querySelector(".map > g")?.getAttribute("transform") !== before,
      nearer,
    );
    await page.getByRole("button", { name: "Show all of the map" }).click();
    await page.waitForFunction(
      (before) => document.querySelector(".map > g")?.getAttribute("transform") === before,
      first,
    );
  });

  it("a hundred workloads are laid out; of more, their namespaces, and into one of them", async () => {
    const { page, complaints } = await opened({ rounds: [mapRound(large(100, 1))] });
    await page.locator(".box").nth(99).waitFor({ state: "attached" });
    const { page: other } = await opened({ rounds: [mapRound(large(300, 1, 14))] });
    await box(other, "team-c/").waitFor();
    expect(await other.locator(".box").count()).to.equal(14);
    await box(other, "team-c/").press("Enter");
    await box(other, "team-c/deployment/service-50").waitFor({ state: "attached" });
    await other.getByRole("button", { name: "All namespaces" }).click();
    await box(other, "team-c/").waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it("no motion where none is wanted", async () => {
    const { page } = await opened({ rounds }, { reducedMotion: "reduce" });
    await page.locator(".ring .share").waitFor();
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll("*")].filter((element) => {
          const { transitionDuration, transitionProperty, animationName } = getComputedStyle(element);
          return (transitionProperty !== "none" && transitionDuration !== "0s") || animationName !== "none";
        }).length,
    );
    expect(moving).to.equal(0);
  });

  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [1280, 400])
      it(`every text is readable, everything has a name: ${colorScheme}, ${width} px wide`, async () => {
        const trouble = { event: "trouble", data: { text: "the API server is away" } } as const;
        const lines = requestLines(5, "/cart", false);
        const { page } = await opened(
          { rounds: [...rounds, trouble], lines },
          { colorScheme, viewport: { width, height: 820 } },
        );
        const look = async (what: string): Promise<void> => {
          expect(await faint(page), what).to.deep.equal([]);
          expect(await nameless(page), what).to.deep.equal([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), what).to.equal(true);
        };
        await page.getByText("the API server is away").waitFor();
        await box(page, web).waitFor();
        await look("map");
        await box(page, web).focus();
        await page.keyboard.press("Enter");
        await page.getByRole("complementary").waitFor();
        await look("details");
        await page.getByRole("button", { name: "Tap" }).click();
        await page.locator(".lines .line").first().waitFor();
        await look("tap");
        await page.getByRole("button", { name: "Close tap" }).click();
        await page.keyboard.press("Escape");
        await page.getByRole("tab", { name: "Table" }).click();
        await page.locator("tbody tr").first().waitFor();
        await look("table");
        await page.goto((await opened({ rounds: [mapRound(nothingMeshed(1))] })).served.address);
        await page.getByText("Only traffic of pods with a proxy is seen.").waitFor();
        await look("nothing meshed");
      });
});

#!/usr/bin/env node
/**
 * scripts/screenshots.ts: the pictures of docs/dashboard.md, of the page as it is with a mesh that does not exist.
 *
 * Look at them before they are committed: `npm run screenshots`, which needs Chromium.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { chromiumAt, openBrowser } from "../test/support/browser.ts";
import { dashboard, mapRound, requestLines } from "../test/support/dashboard.ts";
import { shop } from "../test/support/maps.ts";

interface Picture {
  readonly name: string;
  readonly scheme: "light" | "dark";
  readonly show: (page: Page) => Promise<void>;
}

const web = '.box[data-id="shop/deployment/web"]';

const pictures: readonly Picture[] = [
  { name: "dashboard-map", scheme: "light", show: async () => undefined },
  {
    name: "dashboard-table",
    scheme: "light",
    show: async (page) => {
      await page.getByRole("tab", { name: "Table" }).click();
      await page.locator("tbody tr", { hasText: "mailer" }).click();
      await page.locator("canvas").nth(2).waitFor();
    },
  },
  {
    name: "dashboard-tap",
    scheme: "dark",
    show: async (page) => {
      await page.locator(web).click();
      await page.getByRole("button", { name: "Tap" }).click();
      await page.getByText("180 lines").waitFor();
    },
  },
];

/** Bytes; a picture that is larger is too much for a repository. */
const most = 150_000;

/** A third of the size of a PNG, which is all that playwright offers beside JPEG. */
async function webpOf(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 92 });
  return Buffer.from(data, "base64");
}

async function main(): Promise<number> {
  const executable = chromiumAt();
  if (executable === undefined) {
    console.error("no chromium: apt-get install chromium");
    return 1;
  }
  const folder = fileURLToPath(new URL("../docs/images/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const paths = ["/", "/cart", "/items/42", "/api/v1/search", "/checkout"];
  const rounds = Array.from({ length: 60 }, (_, round) => mapRound(shop(round)));
  const lines = Array.from({ length: 60 }, (_, stream) =>
    requestLines(stream, paths[stream % paths.length] ?? "/", stream % 9 !== 4),
  ).flat();
  const browser = await openBrowser(executable);
  let failed = false;
  for (const { name, scheme, show } of pictures) {
    // Each page hears all rounds; one that comes later would hear the last alone.
    const served = await dashboard({ rounds, lines });
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      colorScheme: scheme,
      reducedMotion: "reduce",
      timezoneId: "UTC",
      locale: "en-GB",
    });
    await page.goto(served.address);
    await page.locator("time", { hasText: "14:09:50" }).waitFor();
    await page.locator(web).waitFor();
    await show(page);
    const path = `${folder}${name}.webp`;
    writeFileSync(path, await webpOf(page));
    const { size } = statSync(path);
    console.log(`${path}: ${size} bytes`);
    failed ||= size > most;
    await page.close();
    await served.close();
  }
  await browser.close();
  return failed ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main();

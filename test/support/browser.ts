/** Chromium of the distribution, without a window; nothing is downloaded. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

/** As Debian, Fedora and Alpine name it. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Undefined: there is none. */
export const chromiumAt = (): string | undefined => places.find((path) => existsSync(path));

// Root, as in CI, has no sandbox of Chromium's; the pages are our own.
export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });

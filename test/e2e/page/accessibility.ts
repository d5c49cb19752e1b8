/** What of a page cannot be read or named: run in the browser, on what is shown now. */
import type { Page } from "playwright-core";

/** A line for each text whose contrast with what is behind it is below 4.5:1 (WCAG 2.2, 1.4.3). */
export const faint = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    type Colour = readonly [red: number, green: number, blue: number, alpha: number];
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const colourOf = (text: string): Colour => {
      if (canvas === null) throw new Error("no canvas");
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = (upper: Colour, lower: Colour): Colour => {
      const mix = (index: 0 | 1 | 2): number => upper[index] * upper[3] + lower[index] * (1 - upper[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const luminance = ([red, green, blue]: Colour): number => {
      const part = (value: number): number =>
        value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
      return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
    };
    const backgroundOf = (element: Element): Colour => {
      // In a drawing it is the shape under the text.
      const shape = element.closest(".box, .label")?.querySelector("rect");
      if (element instanceof SVGElement && shape != null) return colourOf(getComputedStyle(shape).fill);
      const own = colourOf(getComputedStyle(element).backgroundColor);
      const parent = element.parentElement;
      if (own[3] === 1) return own;
      return over(own, parent === null ? [255, 255, 255, 1] : backgroundOf(parent));
    };
    const texts = [...document.querySelectorAll("body *")].filter((element) => {
      const said = [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== "");
      const { clipPath, display, visibility } = getComputedStyle(element);
      const seen = element.getClientRects().length > 0 && display !== "none" && visibility === "visible";
      // What is for ears alone, what cannot be pressed, and what steps aside for what was chosen.
      return said && seen && clipPath === "none" && !element.matches("title, button:disabled, .aside *");
    });
    return texts.flatMap((element) => {
      const style = getComputedStyle(element);
      const behind = backgroundOf(element);
      const text = over(colourOf(element instanceof SVGElement ? style.fill : style.color), behind);
      const [light = 0, dark = 0] = [luminance(text), luminance(behind)].toSorted((a, b) => b - a);
      const contrast = (light + 0.05) / (dark + 0.05);
      return contrast >= 4.5
        ? []
        : [`${element.textContent.trim().slice(0, 40)} (${element.tagName}): ${contrast.toFixed(2)}`];
    });
  });

/** Whatever can be reached, by its tag, that says no name of its own. */
export const nameless = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const reachable = [
      ...document.querySelectorAll('button, input, select, a, summary, [tabindex], [role="img"], [role="tab"]'),
    ];
    const nameOf = (element: Element): string => {
      const label = element.getAttribute("aria-label") ?? "";
      if (label !== "") return label;
      const by = document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent ?? "";
      if (by !== "") return by;
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      return labels.length > 0 ? labels.map(({ textContent }) => textContent).join("") : element.textContent;
    };
    return reachable
      .filter((element) => nameOf(element).trim() === "")
      .map((element) => `${element.tagName} ${element.getAttribute("class") ?? ""}`);
  });

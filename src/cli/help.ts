/** How help is laid out: in 80 columns, or in as many as the terminal has. */
import { Help } from "commander";
import type { Command } from "commander";

/** Columns for flags and other terms; with what is around them they leave 40 to the descriptions. */
const widest = 36;
/** Blanks before a term and behind it. */
const around = 4;

/** For `configureHelp`. Commander wraps nothing where one wide flag leaves too little room beside itself. */
export const helpLayout = {
  showGlobalOptions: false,
  minWidthToWrap: 16,
  padWidth(this: void, command: Command, helper: Help): number {
    return Math.min(widest, Help.prototype.padWidth.call(helper, command, helper));
  },
  formatItem(this: void, term: string, termWidth: number, description: string, helper: Help): string {
    const item = (words: string, width: number): string =>
      Help.prototype.formatItem.call(helper, words, width, description, helper);
    // A path is not broken.
    const longest = Math.max(...description.split(/\s+/).map((word) => word.length));
    const fitting = Math.min(termWidth, Math.max(0, (helper.helpWidth ?? 80) - longest - around));
    if (description === "" || (term.length <= termWidth && fitting === termWidth)) return item(term, termWidth);
    return `  ${term}\n${item("", fitting)}`;
  },
};

import type { Stroke } from "../courseware/shapes";
import type { PlayedPages } from "./shapes";

// What was on the pages at an instant of the recording. Pure.

/** The page that was shown; null: none was. */
export function turnAt(pages: PlayedPages, at_s: number): string | null {
  let shown: string | null = null;
  for (const turn of pages.turns) {
    if (turn.at_s > at_s) break;
    shown = turn.page;
  }
  return shown;
}

/** What stood on a page, in the order it was drawn. */
export function strokesAt(pages: PlayedPages, page: string, at_s: number): Stroke[] {
  const standing = new Map<number, Stroke>();
  for (const change of pages.ink) {
    if (change.at_s > at_s) break;
    if (change.page !== page) continue;
    if (change.drawn) standing.set(change.drawn.id, change.drawn);
    else if (change.erased) for (const gone of change.erased) standing.delete(gone);
    else standing.clear();
  }
  return [...standing.values()];
}

/** Where something new begins: a slide of the shared screen, or a page; two that are close are one. */
export function chaptersOf(slides: readonly number[], pages: readonly number[]): number[] {
  const CLOSE_S = 3;
  const all = [...slides, ...pages].sort((a, b) => a - b);
  return all.filter((at_s, place) => place === 0 || at_s - all[place - 1]! >= CLOSE_S);
}

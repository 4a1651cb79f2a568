import { t, type StringKey } from "./strings";

// The weak-line ladder as people are told of it: one plain sentence a step, no alarm. Pure.

export const RUNGS = ["full", "lower", "lowest", "still", "slides", "audio"] as const;
export type Rung = (typeof RUNGS)[number];

const isStill = (rung: Rung): boolean => RUNGS.indexOf(rung) >= RUNGS.indexOf("still");

/** What is said when the server has moved a seat; null when it has not moved. */
export function rungSentence(before: Rung, after: Rung): string | null {
  if (before === after) return null;
  const climbs = RUNGS.indexOf(after) < RUNGS.indexOf(before);
  // Back to moving pictures, or to better ones.
  if (climbs && after !== "full" && !isStill(after)) return t(isStill(before) ? "rung_moving" : "rung_better");
  return t(`rung_${after}` satisfies StringKey);
}

/** Whether a seat on this rung sees anything move. */
export const seesMoving = (rung: Rung | undefined): boolean => rung === undefined || !isStill(rung);

/** Whether a seat on this rung sees a source as stills. At `slides` only what is shown on a screen. */
export const seesStill = (rung: Rung | undefined, source: string): boolean => rung === "still" || (rung === "slides" && source === "screen");

/** A picture of this source that a seat on this rung is not sent at all, and why; null when it comes in some way. */
export function withheld(rung: Rung | undefined, source: string): string | null {
  if (rung === "audio" || (rung === "slides" && source !== "screen")) return t(`rung_${rung}`);
  return null;
}

import type { KeptLine, Publication } from "./shapes";

// What somebody may do about a recording. The server decides; the page only leaves out what would be refused.

export interface Who {
  /** Of a school; otherwise of the bureau. */
  school: boolean;
  /** May hold and extend. */
  holds: boolean;
}

export type Step = "watch" | "answer" | "erase" | "hold" | "release" | "extend" | "publish";

/** The steps that are open, the most wanted first. */
export function stepsOf(line: KeptLine, who: Who): Step[] {
  if (line.state !== "kept") return [];
  const sealed = line.seals.length > 0;
  const party = line.is_own || line.seals.some((each) => each.is_ours);
  const steps: Step[] = [];
  if (!sealed || (line.hold !== null && who.holds)) steps.push("watch");
  if (line.extension?.state === "asked" && who.holds) steps.push("answer");
  if (party && line.hold === null) steps.push("erase");
  if (line.hold === null && (who.holds || (sealed && party))) steps.push("hold");
  if (line.hold !== null && who.holds) steps.push("release");
  // Asked once, and again when it was granted.
  if (line.is_own && !sealed && line.due_on !== null && (line.extension?.state ?? "granted") === "granted") steps.push("extend");
  if (line.is_own && !sealed) steps.push("publish");
  return steps;
}

/** Whether the caller's word on it is waited for. */
export const isMyWord = (line: KeptLine, wish: Publication, who: Who): boolean => line.is_own && wish.waits_for.includes(who.school ? "school" : "bureau");

/** The latest request of each sort; those that came to nothing are told only while nothing newer is. */
export function wishesOf(line: KeptLine): Publication[] {
  const latest = new Map<boolean, Publication>();
  for (const wish of line.publications) if (!latest.has(wish.pupils)) latest.set(wish.pupils, wish);
  return [...latest.values()];
}

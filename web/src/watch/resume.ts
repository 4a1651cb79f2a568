import { remember, remembered } from "../keys";

// Where somebody stopped in a recording, kept in this browser for the latest lessons.

const KEY = "watched";
const MOST = 50;
/** Who stopped within these seconds of the beginning or the end begins anew; of a short one, within a tenth. */
const EDGE_S = 10;

type Kept = [lesson: string, at_s: number][];

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(remembered(KEY) ?? "[]");
    return Array.isArray(kept) ? (kept.filter((each) => Array.isArray(each) && typeof each[0] === "string" && typeof each[1] === "number") as Kept) : [];
  } catch {
    return [];
  }
}

export function stoppedAt(lesson: string, seconds: number): number {
  const at_s = read().find(([each]) => each === lesson)?.[1] ?? 0;
  const edge_s = Math.min(EDGE_S, seconds / 10);
  return at_s > edge_s && at_s < seconds - edge_s ? at_s : 0;
}

export function keepStop(lesson: string, at_s: number): void {
  const others = read().filter(([each]) => each !== lesson);
  remember(KEY, JSON.stringify([[lesson, Math.round(at_s)], ...others].slice(0, MOST)));
}

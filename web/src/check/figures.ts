// From counters to figures. Pure.

/** Counters of some connections; `lost` null: nobody tells. */
export interface Tally {
  at_ms: number;
  bytes: number;
  packets: number;
  lost: number | null;
  trip_ms: number | null;
}

const SECOND_MS = 900;

/** The best second of a row of tallies, in kbit/s; null for less than a second of them. */
export function best(row: Tally[]): number | null {
  let most: number | null = null;
  row.forEach((from, index) => {
    const to = row.slice(index + 1).find((each) => each.at_ms - from.at_ms >= SECOND_MS);
    if (to === undefined || to.bytes < from.bytes) return;
    const kbps = Math.round(((to.bytes - from.bytes) * 8) / (to.at_ms - from.at_ms));
    most = Math.max(most ?? 0, kbps);
  });
  return most;
}

/** 0…1 of what went between the two; null when nothing did, or nobody tells what arrived. */
export function lossOf(before: Tally, after: Tally): number | null {
  const packets = after.packets - before.packets;
  if (after.lost === null || packets <= 0) return null;
  return Math.min(1, Math.max(0, after.lost - (before.lost ?? 0)) / packets);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

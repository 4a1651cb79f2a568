// Plain dates as "2026-11-25", reckoned without any clock or zone.

const DAY_MS = 86_400_000;
const ms = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** The day `by` days after. */
export const shifted = (day: string, by: number): string => new Date(ms(day) + by * DAY_MS).toISOString().slice(0, 10);

/** 0 for Monday … 6 for Sunday. */
export const weekday = (day: string): number => (new Date(ms(day)).getUTCDay() + 6) % 7;

/** The days of a month, first to last. */
export function daysOf(year: number, month: number): string[] {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Array.from({ length: count }, (_, at) => `${year}-${String(month).padStart(2, "0")}-${String(at + 1).padStart(2, "0")}`);
}

/** The month that follows, of those there are; null after the last. */
export function monthAfter<M extends { month: string }>(month: string, months: readonly M[]): M | null {
  return months.find((each) => each.month > month) ?? null;
}

import type { Instant } from "../ledger/shapes";

// Whole days to a deadline as people count them: by the calendar of the county, not by hours.

const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * 3_600_000;
const dayNumber = (ms: number): number => Math.floor((ms + OFFSET_MS) / DAY_MS);

/** The last instant still in time, for showing its date: 24:00 of the 26th is written as 00:00 of the 27th. */
export const lastMoment = (due: Instant): string => new Date(Date.parse(due) - 1).toISOString();

/** 0 on the last day, negative when overdue. */
export const daysLeft = (due: Instant, now: number): number => dayNumber(Date.parse(due) - 1) - dayNumber(now);

import type { Instant } from "./protocol";

/**
 * The server's wall clock, carried on by this page's monotonic clock: a classroom PC whose own date is wrong by a day
 * still shows the right time and the right minutes to the end of the lesson.
 */
export class ServerClock {
  private atSync = Date.now();
  private syncedAt = performance.now();

  sync(now: Instant): void {
    const at = Date.parse(now);
    if (Number.isNaN(at)) return;
    this.atSync = at;
    this.syncedAt = performance.now();
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.atSync + (performance.now() - this.syncedAt);
  }
}

// Lessons are held in one county: its wall clock, not that of the PC, is the one on the timetable.
const ZONE = "Asia/Shanghai";
const hourMinute = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const monthDay = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, year: "numeric", month: "numeric", day: "numeric", weekday: "short" });

/** "09:05" in the county's time. */
export function clockText(at: number | Instant): string {
  const ms = typeof at === "number" ? at : Date.parse(at);
  return Number.isNaN(ms) ? "--:--" : hourMinute.format(ms);
}

export interface DateParts {
  year: string;
  month: string;
  day: string;
  weekday: string; // "Mon" … "Sun"
}

export function dateParts(at: number | Instant): DateParts {
  const parts: Record<string, string> = {};
  for (const part of monthDay.formatToParts(typeof at === "number" ? at : Date.parse(at))) parts[part.type] = part.value;
  const bare = (name: string): string => String(Number(parts[name]));
  return { year: parts["year"] ?? "", month: bare("month"), day: bare("day"), weekday: parts["weekday"] ?? "" };
}

/** "4:07", or "1:04:07" from an hour on; negative durations lose their sign, the caller says what they mean. */
export function durationText(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const tail = `${String(Math.floor(seconds / 60) % 60).padStart(seconds >= 3600 ? 2 : 1, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${tail}` : tail;
}

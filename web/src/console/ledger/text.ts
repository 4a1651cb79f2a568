import { clockText, dateParts } from "../../clock";
import { catalogue, lang, t, type Key } from "../strings";
import type { ActivityLine, CellValue, Instant, Kind, Mark, Month } from "./shapes";

// How the ledger's values read. Days and times are those of the county, whatever the PC's own zone.

/** "2026年11月". */
export function monthText(month: Month): string {
  const [year = "", number = ""] = month.split("-");
  return t("month_words", { year, month: Number(number) });
}

/** "11月24日 星期二", of an instant or a plain date. */
export function dayText(at: Instant): string {
  const parts = dateParts(at.length === 10 ? `${at}T12:00:00+08:00` : at);
  return t("date_short", { ...parts, weekday: t(parts.weekday as Key) });
}

/** "2026-11-24 09:00". */
export function stampText(at: Instant): string {
  const { year, month, day } = dateParts(at);
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")} ${clockText(at)}`;
}

/** "2026-11-24" in the county. */
export function isoDay(at: Instant | number): string {
  const { year, month, day } = dateParts(at);
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

/** "3 分 20 秒". */
export function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t("seconds", { s: seconds });
  if (seconds < 3600) return t("minutes_seconds", { m: Math.floor(seconds / 60), s: seconds % 60 });
  return t("hours_minutes", { h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });
}

export const kindText = (kind: Kind): string => t(`kind_${kind}`);
export const countText = (kind: Kind, n: number): string => t(`unit_${kind}`, { n });

export function pairText(line: { supporter: string; recipient: string | null }): string {
  return line.recipient ? t("pair_words", { supporter: line.supporter, recipient: line.recipient }) : t("pair_open", { supporter: line.supporter });
}

export const verdictText = (line: Pick<ActivityLine, "state">): string => t(`verdict_${line.state}`);

/** Flags and marks of an activity; a code that this page does not know is said as the server says it. */
export function markTexts(line: Pick<ActivityLine, "flags" | "marks">): string[] {
  const known = (key: string, mark: Mark): string => (key in catalogue ? t(key as Key) : mark.text);
  return [...line.flags.map((flag) => known(`flag_${flag.code}`, flag)), ...line.marks.map((mark) => known(`mark_${mark.code}`, mark))];
}

/** Why it counts or not; the verdict itself stands beside it. */
export function reasonText(line: ActivityLine): string {
  const text = lang() === "en" ? line.reason_en : line.reason;
  const verdict = verdictText(line);
  return text.startsWith(verdict) ? text.slice(verdict.length).replace(/^[:\uff1a]\s*/, "") : text;
}

/** A cell's or a field's value in words: 是/否, a list with commas, a count, or a dash for what nobody has said. */
export function valueText(value: CellValue | undefined): string {
  if (value === null || value === undefined || value === "") return "—";
  if (value === true) return t("word_yes");
  if (value === false) return t("word_no");
  return Array.isArray(value) ? value.join(t("list_comma")) || "—" : String(value);
}

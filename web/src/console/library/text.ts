import { durationText } from "../../clock";
import { lang } from "../../strings";
import { t, type Key } from "../strings";
import type { Resource, Showing } from "./calls";

/** What a video's state is, in words. */
export function stateText(one: Resource): string {
  if (one.problem) return lang() === "en" ? one.problem.title_en : one.problem.title;
  if (one.state === "running") {
    const percent = Math.floor((one.done ?? 0) * 100);
    return one.left_s ? t("film_running_left", { percent, left: durationText(one.left_s * 1000) }) : t("film_running", { percent });
  }
  if (one.state === "ready" && !one.is_shown) return t("film_sealed");
  return t(`film_${one.state === "failed" ? "waiting" : one.state}`);
}

export const stateTone = (one: Resource): string => (one.state === "failed" || !one.is_shown ? "bad" : one.state === "ready" ? "good" : "warn");

export function showingText(one: Showing): string {
  const values = { first: one.first, last: one.last, begins: one.begins, minutes: one.minutes };
  return one.weekday === null ? t("showing_line_once", values) : t("showing_line_weekly", { ...values, weekday: t(`day_${one.weekday}` as Key) });
}

import type { catalogue } from "./catalogue";
import { remember, remembered } from "./keys";

export type StringKey = keyof typeof catalogue;
export type Lang = "zh" | "en";

let current: Lang = "zh";
let texts: Readonly<Record<string, string>> = {};

/** ?lang=en (kept for the next visit), else what was kept, else Chinese. Nothing can be said before it is there. */
export async function startLanguage(): Promise<void> {
  const asked = new URLSearchParams(window.location.search).get("lang");
  if (asked === "zh" || asked === "en") remember("lang", asked);
  await speak((asked ?? remembered("lang")) === "en" ? "en" : "zh");
  document.documentElement.lang = current === "en" ? "en" : "zh-CN";
  document.title = t("product");
}

/** Loads the sentences of one language; those of the other stay on the server. */
export async function speak(language: Lang): Promise<void> {
  texts = (language === "en" ? await import("./catalogue?en") : await import("./catalogue?zh")).default;
  current = language;
}

export const lang = (): Lang => current;

export function switchLanguage(): void {
  remember("lang", current === "zh" ? "en" : "zh");
  const url = new URL(window.location.href);
  url.searchParams.delete("lang");
  window.location.replace(url.href);
  if (url.hash) window.location.reload();
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Why an activity counts or not, in the page's language. */
export const reasonText = (activity: { reason: string; reason_en: string }): string => (current === "en" ? activity.reason_en : activity.reason);

export function t(key: StringKey, values: Record<string, string | number> = {}): string {
  return fill(texts[key] ?? key, values);
}

/** The status of a pair that is not active. */
export function pairText(status: string): string {
  const key = `pair_${status}`;
  return key in texts ? t(key as StringKey) : status;
}

/** The name of a subject: of one of the twelve boxes, or whatever else the server has. */
export function subjectText(subject: string): string {
  const key = `subject_${subject}`;
  return key in texts ? t(key as StringKey) : subject;
}

import type { catalogue } from "./catalogue";
import { remember, remembered } from "./keys";
import type { catalogue as teaching } from "./teaching/catalogue";

export type StringKey = keyof typeof catalogue | keyof typeof teaching;
export type Lang = "zh" | "en";

let current: Lang = "zh";
let texts: Readonly<Record<string, string>> = {};

/** ?lang=en (kept for the next visit), else what was kept, else Chinese. Nothing can be said before it is there. */
export async function startLanguage(): Promise<void> {
  const asked = new URLSearchParams(window.location.search).get("lang");
  if (asked === "zh" || asked === "en") remember("lang", asked);
  await speak(chosen());
  document.documentElement.lang = current === "en" ? "en" : "zh-CN";
  document.title = t("product");
}

function chosen(): Lang {
  const asked = new URLSearchParams(window.location.search).get("lang");
  return (asked ?? remembered("lang")) === "en" ? "en" : "zh";
}

/** What the teacher's pages say beside what all pages do; before any of them is shown. */
export async function startTeaching(language = chosen()): Promise<void> {
  const more = language === "en" ? await import("./teaching/catalogue?en") : await import("./teaching/catalogue?zh");
  texts = { ...texts, ...more.default };
}

/** Loads the sentences of one language; those of the other stay on the server. */
export async function speak(language: Lang): Promise<void> {
  const spoken = language === "en" ? await import("./catalogue?en") : await import("./catalogue?zh");
  texts = { ...texts, ...spoken.default };
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

/** Sentences that come with a part of the pages: `start` loads them in the page's language, which is chosen already, and `say` says one. */
export function wordsOf<Key extends string>(load: Record<Lang, () => Promise<{ default: Readonly<Record<string, string>> }>>) {
  let words: Readonly<Record<string, string>> = {};
  return {
    start: async (): Promise<void> => void (words = (await load[current]()).default),
    say: (key: Key, values: Record<string, string | number> = {}): string => fill(words[key] ?? key, values),
  };
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

import { catalogue, t, type Key } from "../strings";
import type { PairLine } from "./shapes";

// A dated attribute's value in words, whatever its shape.

/** The label of a value's part: 签订日期 for `signed_on`; where fields differ, that of this field's part. */
export function partLabel(name: string, field = ""): string {
  const key = [`part_${field}_${name}`, `part_${name}`].find((each) => each in catalogue);
  return key ? t(key as Key) : name;
}

function plain(value: number | boolean): string {
  return typeof value === "boolean" ? t(value ? "word_yes" : "word_no") : String(value);
}

export function factText(value: unknown, names: Record<string, string> = {}): string {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "string") return names[value] ?? value;
  if (typeof value !== "object") return plain(value as number | boolean);
  if (Array.isArray(value)) return value.map((each) => factText(each, names)).join(value.some((each) => typeof each === "object") ? "\n" : t("list_comma")) || "—";
  const { first, last, name } = value as Record<string, unknown>;
  if (first && last) return t("part_term", { name: String(name), first: String(first), last: String(last) });
  return Object.entries(value)
    .filter(([name, part]) => name !== "standard" && part !== null && part !== "" && !(typeof part === "object" && Object.keys(part).length === 0))
    .map(([name, part]) => (name === "file" ? t("part_file_there") : t("what_text", { what: partLabel(name), text: factText(part, names) })))
    .join(t("list_semicolon"));
}

/** 进行中, 已结束, or the word of the list (待定). */
export function statusText(status: string | null): string {
  if (status === null) return "—";
  return status === "active" || status === "ended" ? t(`pair_status_${status}`) : status;
}

/** 实验小学 → 檀溪中小; while 待定 the place of the school to be named. */
export function pairName(pair: Pick<PairLine, "supporter_name" | "recipient_name" | "district">): string {
  return t("pair_words", { supporter: pair.supporter_name, recipient: pair.recipient_name ?? t("pair_to_be_named", { district: pair.district ?? "" }) });
}

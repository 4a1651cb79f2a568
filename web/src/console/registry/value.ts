import { catalogue, t, type Key } from "../strings";

// A dated attribute's value in words, whatever its shape.

/** The label of a value's part: 签订日期 for `signed_on`. */
export const partLabel = (name: string): string => (`part_${name}` in catalogue ? t(`part_${name}` as Key) : name);

function plain(value: number | boolean): string {
  return typeof value === "boolean" ? t(value ? "word_yes" : "word_no") : String(value);
}

export function factText(value: unknown, names: Record<string, string> = {}): string {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "string") return names[value] ?? value;
  if (typeof value !== "object") return plain(value as number | boolean);
  if (Array.isArray(value)) return value.map((each) => factText(each, names)).join(value.some((each) => typeof each === "object") ? "\n" : t("list_comma")) || "—";
  return Object.entries(value)
    .filter(([, part]) => part !== null && part !== "" && !(typeof part === "object" && Object.keys(part).length === 0))
    .map(([name, part]) => (name === "file" ? t("part_file_there") : t("what_text", { what: partLabel(name), text: factText(part, names) })))
    .join(t("list_semicolon"));
}

/** 进行中, 已结束, or the word of the list (待定). */
export function statusText(status: string | null): string {
  if (status === null) return "—";
  return status === "active" || status === "ended" ? t(`pair_status_${status}`) : status;
}

import { subjectText, t } from "./strings";
import type { Training } from "./protocol";

/** What a lesson or a meeting is called on pages: its subject, or the kind of meeting; then its title, where it has one. */
export function heading(each: { subject: string; training: Training | null; title: string }): string {
  const kind = each.training === null ? subjectText(each.subject) : t(`training_${each.training}`);
  return each.title === "" ? kind : t("heading", { kind, title: each.title });
}

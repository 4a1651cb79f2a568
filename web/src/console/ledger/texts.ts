import { computed, reactive, watch, type ComputedRef, type Ref } from "vue";
import type { CellValue, Month } from "./shapes";

export const TEXTS = ["highlights", "next_plan", "other"] as const;
export type Text = (typeof TEXTS)[number];

interface Form {
  month: { month: Month };
  pair?: string | null;
  cells: Record<string, { value: CellValue } | undefined>;
}

export interface Texts {
  /** What stands in the boxes. */
  texts: Record<Text, string>;
  /** Those that are not saved yet. */
  changed: ComputedRef<Text[]>;
  /** What another officer has saved meanwhile in a box that is being written in; null where there is nothing to choose. */
  theirs: Record<Text, string | null>;
  takeTheirs: (name: Text) => void;
}

const each = <T>(make: (name: Text) => T): Record<Text, T> => ({ highlights: make("highlights"), next_plan: make("next_plan"), other: make("other") });

/**
 * The three texts of a form while they are written. The form may be read anew at any time, by an own action or because
 * somebody else has changed it: a box that was left alone then shows the newest, a box that is being written in stays.
 */
export function useTexts(data: Ref<Form | null>): Texts {
  const texts = reactive(each(() => ""));
  const theirs = reactive(each((): string | null => null));
  let kept = each(() => "");
  let shown = "";

  watch(data, (form) => {
    if (!form) return;
    const form_of = `${form.month.month} ${form.pair ?? ""}`;
    const fresh = each((name) => String(form.cells[name]?.value ?? ""));
    for (const name of TEXTS) {
      const mine = texts[name].trim();
      if (form_of !== shown || mine === kept[name] || mine === fresh[name]) {
        texts[name] = fresh[name];
        theirs[name] = null;
      } else if (fresh[name] !== kept[name]) theirs[name] = fresh[name];
    }
    kept = fresh;
    shown = form_of;
  }, { immediate: true });

  return {
    texts,
    changed: computed(() => TEXTS.filter((name) => texts[name].trim() !== String(data.value?.cells[name]?.value ?? ""))),
    theirs,
    takeTheirs: (name) => {
      texts[name] = theirs[name] ?? "";
      theirs[name] = null;
    },
  };
}

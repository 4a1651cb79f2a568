import { computed, type ComputedRef } from "vue";
import { readMonths } from "../ledger/calls";
import { useLoad } from "../ledger/load";
import type { MonthInfo } from "../ledger/shapes";
import { listPairs } from "../registry/calls";
import type { PairLine } from "../registry/shapes";
import { pairName } from "../registry/value";

export interface Choices {
  months: ComputedRef<string[]>;
  infos: ComputedRef<MonthInfo[]>;
  current: ComputedRef<string | null>;
  pairs: ComputedRef<PairLine[]>;
  named: ComputedRef<{ id: string; text: string }[]>;
  isReady: ComputedRef<boolean>;
  failure: ComputedRef<string>;
  reload: () => void;
}

/** The months and pairs there are to choose from. */
export function useChoices(): Choices {
  const months = useLoad(readMonths);
  const pairs = useLoad(() => listPairs());
  const begun = computed(() => (months.data.value?.months ?? []).filter((each) => each.state !== "future").reverse());
  return {
    months: computed(() => begun.value.map((each) => each.month)),
    infos: begun,
    current: computed(() => months.data.value?.current ?? null),
    pairs: computed(() => (pairs.data.value ?? []).filter((pair) => pair.recipient !== null)),
    named: computed(() => (pairs.data.value ?? []).map((pair) => ({ id: pair.id, text: pairName(pair) }))),
    isReady: computed(() => months.data.value !== null && pairs.data.value !== null),
    failure: computed(() => months.failure.value || pairs.failure.value),
    reload: () => void Promise.all([months.reload(), pairs.reload()]),
  };
}

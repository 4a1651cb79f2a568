import { ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from "vue";
import { sentence } from "../api";
import type { Page } from "../ledger/shapes";

export interface Pages<T> {
  items: ShallowRef<T[]>;
  hasMore: Ref<boolean>;
  failure: Ref<string>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
  more: () => Promise<void>;
}

/** A list read a page at a time; begun anew whenever `when` changes. What a newer question overtook is dropped. */
export function usePages<T>(ask: (after: string | undefined) => Promise<Page<T>>, when: WatchSource | WatchSource[] = []): Pages<T> {
  const items = shallowRef<T[]>([]);
  const failure = ref("");
  const loading = ref(false);
  const hasMore = ref(false);
  let next: string | undefined;
  let asked = 0;
  const read = async (after: string | undefined): Promise<void> => {
    const mine = ++asked;
    loading.value = true;
    try {
      const page = await ask(after);
      if (mine !== asked) return;
      items.value = after === undefined ? page.items : [...items.value, ...page.items];
      next = page.next ?? undefined;
      hasMore.value = next !== undefined;
      failure.value = "";
    } catch (error) {
      if (mine === asked) failure.value = sentence(error);
    } finally {
      if (mine === asked) loading.value = false;
    }
  };
  const reload = (): Promise<void> => read(undefined);
  void reload();
  watch(when, reload);
  return { items, hasMore, failure, loading, reload, more: () => read(next) };
}

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from "vue";
import { sentence } from "../api";

export interface Loaded<T> {
  data: ShallowRef<T | null>;
  /** A sentence fit to be shown; "" while all is well. */
  failure: Ref<string>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
}

/** Asks at once and whenever `when` changes; an answer that a newer question overtook is dropped. */
export function useLoad<T>(ask: () => Promise<T>, when?: WatchSource | WatchSource[]): Loaded<T> {
  const data = shallowRef<T | null>(null);
  const failure = ref("");
  const loading = ref(false);
  let asked = 0;
  const reload = async (): Promise<void> => {
    const mine = ++asked;
    loading.value = true;
    try {
      const answer = await ask();
      if (mine !== asked) return;
      data.value = answer;
      failure.value = "";
    } catch (error) {
      if (mine === asked) failure.value = sentence(error);
    } finally {
      if (mine === asked) loading.value = false;
    }
  };
  void reload();
  if (when) watch(when, reload);
  onScopeDispose(() => (asked += 1));
  return { data, failure, loading, reload };
}

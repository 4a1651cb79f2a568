import { ref, type Ref } from "vue";
import { sentence } from "./api";

/** What is done at a press: `busy` while it lasts, and in `lack`, or in the ref that is named, why it was not done. */
export interface Doing {
  busy: Ref<boolean>;
  lack: Ref<string>;
  attempt(work: () => Promise<void>, why?: Ref<string>): Promise<void>;
}

export function useDoing(): Doing {
  const busy = ref(false);
  const lack = ref("");
  async function attempt(work: () => Promise<void>, why = lack): Promise<void> {
    busy.value = true;
    why.value = "";
    try {
      await work();
    } catch (error) {
      why.value = sentence(error);
    } finally {
      busy.value = false;
    }
  }
  return { busy, lack, attempt };
}

import { onScopeDispose, ref, type Ref } from "vue";
import type { ServerClock } from "./clock";

/** The server's time, twice a second, for what has to tick. */
export function useNow(clock: ServerClock): Ref<number> {
  const now = ref(clock.now());
  const timer = setInterval(() => (now.value = clock.now()), 500);
  onScopeDispose(() => clearInterval(timer));
  return now;
}

/** Keeps the screen of an unattended PC from going dark while a lesson is on. */
export function useWakeLock(): void {
  let lock: WakeLockSentinel | null = null;
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    lock = await navigator.wakeLock.request("screen").catch(() => null);
  };
  void ask();
  document.addEventListener("visibilitychange", ask);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", ask);
    void lock?.release().catch(() => undefined);
  });
}

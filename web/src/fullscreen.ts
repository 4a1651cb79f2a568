import { onBeforeUnmount, onMounted } from "vue";

/** The page of a screen fills it, or no longer does. */
export function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen().catch(() => undefined);
}

/** F, as in players; not while somebody types. */
export function useFullscreenKey(): void {
  function key(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]") !== null;
    if (event.code === "KeyF" && !typing && !event.ctrlKey && !event.altKey && !event.metaKey) toggleFullscreen();
  }
  onMounted(() => window.addEventListener("keydown", key));
  onBeforeUnmount(() => window.removeEventListener("keydown", key));
}

import { ref } from "vue";

// Browsers refuse sound until somebody has touched the page (unless it captures, or a policy allows it). The pictures run
// anyway; the first touch or key anywhere opens the sound of everything that had to start silent.

export const soundBlocked = ref(false);
const silenced = new Set<HTMLVideoElement>();

export async function play(element: HTMLVideoElement, silent: boolean): Promise<void> {
  element.muted = silent;
  try {
    await element.play();
  } catch (error) {
    if (silent || !(error instanceof DOMException) || error.name !== "NotAllowedError") return;
    element.muted = true;
    silenced.add(element);
    soundBlocked.value = true;
    await element.play().catch(() => undefined);
  }
}

export function forget(element: HTMLVideoElement): void {
  silenced.delete(element);
  if (silenced.size === 0) soundBlocked.value = false;
}

export function allowSound(): void {
  for (const element of silenced) {
    element.muted = false;
    void element.play().catch(() => undefined);
  }
  silenced.clear();
  soundBlocked.value = false;
}

export function allowSoundOnTouch(): void {
  for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, () => soundBlocked.value && allowSound());
}

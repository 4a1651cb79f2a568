import { defineAsyncComponent, type Component } from "vue";

// A page that stands open for weeks outlives the files that it was built with: what it loads later may be gone.

const PAUSE_MS = 3000;
const BETWEEN_MS = 60_000;
const KEY = "reloaded_at";

/** A part of a page that is loaded when it is shown, and asked for again until it comes. */
export function part(load: () => Promise<{ default: Component }>): Component {
  return defineAsyncComponent({ loader: load, onError: (_error, retry) => void setTimeout(retry, PAUSE_MS) });
}

/** When a part cannot be loaded, the page is loaded anew once the server answers: never in a lesson, and once a minute at most. */
export function renewWhenPartsAreGone(): void {
  let waiting = false;
  window.addEventListener("vite:preloadError", () => {
    if (!waiting) void renew();
    waiting = true;
  });
}

async function renew(): Promise<void> {
  const last = Number(sessionStorage.getItem(KEY) ?? 0);
  let pause_ms = Math.min(BETWEEN_MS, Math.max(0, last + BETWEEN_MS - Date.now()));
  do {
    await new Promise((resolve) => setTimeout(resolve, pause_ms));
    pause_ms = PAUSE_MS;
  } while (document.documentElement.dataset["state"] === "live" || !(await answers()));
  sessionStorage.setItem(KEY, String(Date.now()));
  window.location.reload();
}

const answers = (): Promise<boolean> => fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);

// window.__classroom: what this page has really decoded, for tests, the demo and whoever sits at the developer tools.

export interface Probe {
  /** Decoded pictures per "<seat>/<source>" since the page was loaded. */
  pictures: Record<string, number>;
  /** Milliseconds from the first request for a stream to its first decoded picture. */
  first_picture_ms: Record<string, number>;
  /** Where the player of a recording is, in seconds. */
  at_s?: () => number;
}

declare global {
  interface Window {
    __classroom: Probe;
  }
}

const wantedAt = new Map<string, number>();

export function installProbe(): void {
  window.__classroom = { pictures: {}, first_picture_ms: {} };
}

export function wanted(key: string): void {
  if (!wantedAt.has(key)) wantedAt.set(key, performance.now());
}

export function decoded(key: string, pictures: number): void {
  const probe = window.__classroom;
  probe.pictures[key] = (probe.pictures[key] ?? 0) + pictures;
  const since = wantedAt.get(key);
  if (since !== undefined && probe.first_picture_ms[key] === undefined) {
    probe.first_picture_ms[key] = Math.round(performance.now() - since);
  }
}

export type PageState = "waiting" | "connecting" | "live" | "ended" | "error";

/** <html data-state>: one word for what the page is doing. */
export function showState(state: PageState): void {
  document.documentElement.dataset["state"] = state;
}

// Still pictures for a line that carries no moving ones. One is fetched at a time, the newest: on such a line a second
// fetch would only make both late. It takes some seconds, and ends when nobody is to see it any more.

const GIVEN_UP_MS = 30_000;

export interface StillsOptions {
  /** Fetches one still, until `stop`. May fail. */
  fetch(key: string, stop: AbortSignal): Promise<Blob>;
  /** The address of a stream's newest still; null when it has none any more. */
  changed(key: string, url: string | null): void;
}

export class Stills {
  private readonly due = new Set<string>();
  private readonly urls = new Map<string, string>();
  private kept: ReadonlySet<string> = new Set();
  private fetched: { key: string; stop: AbortController } | null = null;

  constructor(private readonly options: StillsOptions) {}

  /** The server has a new still of this stream. */
  announce(key: string): void {
    if (!this.kept.has(key)) return;
    this.due.add(key);
    void this.work();
  }

  /** These streams are to be seen as stills, and no others. */
  keep(keys: ReadonlySet<string>): void {
    this.kept = keys;
    for (const key of this.due) if (!keys.has(key)) this.due.delete(key);
    if (this.fetched !== null && !keys.has(this.fetched.key)) this.fetched.stop.abort();
    for (const key of [...this.urls.keys()]) if (!keys.has(key)) this.replace(key, null);
  }

  private async work(): Promise<void> {
    if (this.fetched !== null) return;
    for (const key of this.due) {
      this.due.delete(key);
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), GIVEN_UP_MS);
      this.fetched = { key, stop };
      const blob = await this.options.fetch(key, stop.signal).catch(() => null); // The next one comes in a few seconds.
      clearTimeout(timer);
      if (blob !== null && this.kept.has(key)) this.replace(key, URL.createObjectURL(blob));
    }
    this.fetched = null;
  }

  private replace(key: string, url: string | null): void {
    const old = this.urls.get(key);
    if (url === null) this.urls.delete(key);
    else this.urls.set(key, url);
    this.options.changed(key, url);
    if (old !== undefined) URL.revokeObjectURL(old);
  }
}

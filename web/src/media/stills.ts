// Still pictures for a line that carries no moving ones. One is fetched at a time, the newest: on such a line a second
// fetch would only make both late.

export interface StillsOptions {
  /** Fetches one still. May fail. */
  fetch(key: string): Promise<Blob>;
  /** The address of a stream's newest still; null when it has none any more. */
  changed(key: string, url: string | null): void;
}

export class Stills {
  private readonly due = new Set<string>();
  private readonly urls = new Map<string, string>();
  private kept: ReadonlySet<string> = new Set();
  private fetching = false;

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
    for (const key of [...this.urls.keys()]) if (!keys.has(key)) this.replace(key, null);
  }

  private async work(): Promise<void> {
    if (this.fetching) return;
    this.fetching = true;
    for (const key of this.due) {
      this.due.delete(key);
      const blob = await this.options.fetch(key).catch(() => null); // The next one comes in a few seconds.
      if (blob !== null && this.kept.has(key)) this.replace(key, URL.createObjectURL(blob));
    }
    this.fetching = false;
  }

  private replace(key: string, url: string | null): void {
    const old = this.urls.get(key);
    if (url === null) this.urls.delete(key);
    else this.urls.set(key, url);
    this.options.changed(key, url);
    if (old !== undefined) URL.revokeObjectURL(old);
  }
}

import { request } from "../api";
import type { LessonPage } from "./shapes";

// Pictures of pages: fetched once, kept by the browser for the next reload and the next lesson, shown from memory.

const STORE = "classroom-courseware";
/** In the browser's store: three terms of one teacher's slides. The oldest go. */
const STORED = 600;
/** Shown from memory: at 200 kB a page, what the oldest PC has room for. */
const IN_MEMORY = 24;
const PATIENCE_MS = 60_000;

export class Pictures {
  /** Courseware and number → an address of the picture; the latest used stands last. */
  private readonly urls = new Map<string, Promise<string>>();

  constructor(
    private readonly lesson: string,
    private readonly token: string,
  ) {}

  /** An address for an <img>. Fails with a Problem. */
  url(page: LessonPage): Promise<string> {
    const key = name(page);
    const known = this.urls.get(key);
    this.urls.delete(key);
    const url = known ?? this.load(page, "high").then((picture) => URL.createObjectURL(picture));
    this.urls.set(key, url);
    if (known === undefined) url.catch(() => this.urls.delete(key));
    for (const [old, address] of this.urls) {
      if (this.urls.size <= IN_MEMORY) break;
      this.urls.delete(old);
      void address.then((each) => URL.revokeObjectURL(each)).catch(() => undefined);
    }
    return url;
  }

  /** Into the browser's store, behind everything else. */
  async hold(page: LessonPage): Promise<void> {
    await this.load(page, "low");
  }

  /** A small one, for a list. */
  async small(page: LessonPage): Promise<string> {
    const answer = await this.fetch(page, "?size=small", "low");
    return URL.createObjectURL(await answer.blob());
  }

  private async load(page: LessonPage, priority: RequestPriority): Promise<Blob> {
    const store = await opened();
    const known = await store?.match(name(page)).catch(() => undefined);
    if (known) return known.blob();
    const answer = await this.fetch(page, "", priority);
    const picture = await answer.blob();
    // A full or forbidden store only means that the next reload asks again.
    await store?.put(name(page), new Response(picture, { headers: { "Content-Type": picture.type } })).catch(() => undefined);
    return picture;
  }

  private fetch(page: LessonPage, query: string, priority: RequestPriority): Promise<Response> {
    const path = `/api/v1/lessons/${this.lesson}/courseware/${page.courseware}/pages/${page.number}${query}`;
    return request(path, { headers: { Authorization: `Bearer ${this.token}` }, priority }, PATIENCE_MS);
  }
}

/** A page never changes, whatever lesson it is shown in. */
const name = (page: LessonPage): string => `/api/v1/courseware/${page.courseware}/pages/${page.number}`;

/** There is none where the page came by plain http. */
async function opened(): Promise<Cache | null> {
  try {
    return await window.caches.open(STORE);
  } catch {
    return null;
  }
}

/** The oldest pages leave the browser's store. */
export async function tidy(): Promise<void> {
  const store = await opened();
  const keys = (await store?.keys()) ?? [];
  for (const key of keys.slice(0, Math.max(0, keys.length - STORED))) await store?.delete(key);
}

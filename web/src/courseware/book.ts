import { effectScope, shallowReactive, watch } from "vue";
import { api } from "../api";
import type { LessonSession } from "../lesson";
import type { PageMessage } from "../protocol";
import { after, type Ink, type InkMessage } from "./ink";
import { Pictures, tidy } from "./pictures";
import { decode, type Point } from "./polyline";
import type { LessonPage, LessonPages, PenTool, Stroke } from "./shapes";

// The pages of one lesson as this page has them: the row, the picture and the ink of the one that is shown, who points
// where. One for each session, made with the first part that shows pages.

const AGAIN_MS = 2000;
/** A sketch whose stroke never came: its line broke off. */
const SKETCH_MS = 6000;

export interface Sketch {
  seat: string;
  ref: string;
  tool: PenTool;
  colour: string;
  width: number;
  points: Point[];
  at: number;
}

export interface BookState {
  pages: readonly LessonPage[];
  names: ReadonlyMap<string, string>;
  shown: LessonPage | null;
  /** Of the shown page; null while it is being fetched. */
  ink: Ink | null;
  /** Strokes drawn here that the server has not told of yet. */
  pending: readonly Stroke[];
  sketches: readonly Sketch[];
  pointers: ReadonlyMap<string, Point>;
  /** To the teacher: classroom → pages that its PC has, of how many. */
  held: Readonly<Record<string, readonly [number, number]>>;
}

const books = new WeakMap<LessonSession, Book>();

export function bookOf(session: LessonSession): Book {
  const known = books.get(session) ?? new Book(session);
  books.set(session, known);
  return known;
}

export class Book {
  readonly state = shallowReactive<BookState>({ pages: [], names: new Map(), shown: null, ink: null, pending: [], sketches: [], pointers: new Map(), held: {} });
  readonly pictures: Pictures;
  private readonly inks = new Map<string, Ink>();
  private waiting: InkMessage[] = [];
  private version = 0;
  private holding = false;

  constructor(private readonly session: LessonSession) {
    this.pictures = new Pictures(session.lesson, session.token);
    session.heard.add((message) => this.hear(message));
    effectScope(true).run(() => {
      watch(
        () => session.state.view?.pages.version ?? 0,
        () => void this.list(),
        { immediate: true },
      );
      watch(
        () => session.state.view?.pages.shown ?? null,
        () => this.turn(),
        { immediate: true },
      );
      watch(
        () => session.state.phase,
        (phase) => phase === "open" && this.back(),
      );
    });
  }

  /** The page before or behind the one that is shown, else the first. */
  neighbour(step: 1 | -1): LessonPage | undefined {
    const { pages, shown } = this.state;
    if (shown === null) return pages[0];
    return pages[pages.findIndex((page) => page.page === shown.page) + step];
  }

  show(page: LessonPage | null | undefined): void {
    if (page !== undefined) this.session.send({ type: "show_page", page: page?.page ?? null });
  }

  /** Seen here at once; the server's word takes its place. */
  draw(stroke: Omit<Stroke, "id" | "seat">): void {
    const { seat } = this.session.state;
    if (seat === null || this.state.shown === null) return;
    const pending = { ...stroke, id: 0, seat };
    this.state.pending = [...this.state.pending, pending];
    this.say(pending);
  }

  erase(strokes: number[]): void {
    const { shown } = this.state;
    if (shown && strokes.length) this.session.send({ type: "erase", page: shown.page, strokes: strokes.slice(0, 100) });
  }

  /** Keeps every page on this PC, the shown one first; tells the teacher how far it is. */
  async hold(): Promise<void> {
    if (this.holding) return;
    this.holding = true;
    await tidy().catch(() => undefined);
    const held = new Set<string>();
    let told = "";
    for (;;) {
      const all = this.state.pages.filter((page) => page.courseware !== null);
      const place = Math.max(0, all.findIndex((page) => page.page === this.state.shown?.page));
      const next = [...all.slice(place), ...all.slice(0, place)].find((page) => !held.has(page.page));
      const tally = `${all.filter((page) => held.has(page.page)).length}/${all.length}`;
      if (tally !== told && all.length && this.session.state.phase === "open") {
        const [have = 0, of = 0] = tally.split("/").map(Number);
        if (this.session.tell({ type: "pages_held", held: have, of })) told = tally;
      }
      const state = this.session.state.view?.state;
      if (state === "ended" || this.session.state.phase === "stopped") break;
      try {
        if (next) await this.pictures.hold(next).then(() => held.add(next.page));
        else await changed(AGAIN_MS);
      } catch {
        await changed(AGAIN_MS);
      }
    }
    this.holding = false;
  }

  private hear(message: PageMessage): void {
    switch (message.type) {
      case "stroke_drawn":
      case "strokes_erased":
      case "page_cleared":
        return this.write(message);
      case "pointed": {
        const pointers = new Map(this.state.pointers);
        if (message.at && message.page === this.state.shown?.page) pointers.set(message.seat, message.at);
        else pointers.delete(message.seat);
        this.state.pointers = pointers;
        return;
      }
      case "sketched":
        return this.sketch(message);
      case "held":
        this.state.held = message.seats;
    }
  }

  private write(message: InkMessage): void {
    if (message.type === "stroke_drawn") {
      const { seat, ref } = message.stroke;
      this.state.sketches = this.state.sketches.filter((each) => each.seat !== seat || each.ref !== ref);
      this.state.pending = this.state.pending.filter((each) => each.seat !== seat || each.ref !== ref);
    }
    const ink = this.inks.get(message.page);
    if (ink) this.inks.set(message.page, after(ink, message));
    else this.waiting.push(message);
    if (message.page === this.state.shown?.page) this.state.ink = this.inks.get(message.page) ?? null;
  }

  private sketch(message: Extract<PageMessage, { type: "sketched" }>): void {
    if (message.page !== this.state.shown?.page) return;
    const now = performance.now();
    const others = this.state.sketches.filter((each) => (each.seat !== message.seat || each.ref !== message.ref) && now - each.at < SKETCH_MS);
    const known = this.state.sketches.find((each) => each.seat === message.seat && each.ref === message.ref);
    const { seat, ref, tool, colour, width } = message;
    const points = [...(known?.points ?? []), ...decode(message.points)];
    this.state.sketches = [...others, { seat, ref, tool, colour, width, points, at: now }];
  }

  private async list(): Promise<void> {
    const version = this.session.state.view?.pages.version ?? 0;
    this.version = version;
    if (version === 0) return;
    try {
      const told = await api<LessonPages>("GET", `/lessons/${this.session.lesson}/pages`, this.session.token);
      if (this.version !== version) return;
      this.state.names = new Map(told.courseware.map((each) => [each.courseware, each.name]));
      this.state.pages = told.pages;
      this.turn();
    } catch {
      setTimeout(() => this.version === version && void this.list(), AGAIN_MS);
    }
  }

  private turn(): void {
    const id = this.session.state.view?.pages.shown ?? null;
    const page = this.state.pages.find((each) => each.page === id) ?? null;
    if (page?.page === this.state.shown?.page) return;
    this.state.shown = page;
    this.state.pending = this.state.sketches = [];
    this.state.pointers = new Map();
    this.state.ink = page === null ? null : (this.inks.get(page.page) ?? null);
    if (page && this.state.ink === null) void this.fetchInk(page);
    // The next page is on its way before it is asked for.
    const next = this.neighbour(1);
    if (page && next?.courseware) void this.pictures.url(next).catch(() => undefined);
  }

  private async fetchInk(page: LessonPage): Promise<void> {
    try {
      let ink = await api<Ink>("GET", `/lessons/${this.session.lesson}/pages/${page.page}/strokes`, this.session.token);
      for (const message of this.waiting) if (message.page === page.page) ink = after(ink, message);
      this.waiting = this.waiting.filter((message) => message.page !== page.page);
      this.inks.set(page.page, ink);
      if (this.state.shown?.page === page.page) this.state.ink = ink;
    } catch {
      setTimeout(() => this.state.shown?.page === page.page && this.state.ink === null && void this.fetchInk(page), AGAIN_MS);
    }
  }

  /** The line is back: what was told meanwhile is asked for, what was drawn meanwhile is said again. */
  private back(): void {
    this.inks.clear();
    this.waiting = [];
    const { shown } = this.state;
    if (shown) void this.fetchInk(shown);
    for (const stroke of this.state.pending) this.say(stroke);
  }

  private say(stroke: Stroke): void {
    const { shown } = this.state;
    const { ref, tool, colour, width, points } = stroke;
    if (shown) this.session.send({ type: "draw_stroke", page: shown.page, ref, tool, colour, width, points });
  }
}

const changed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

import type { LessonSession } from "../lesson";
import type { Book } from "./book";
import { distance, decode, encode, MAX_POINTS, simplify, type Point } from "./polyline";
import type { PenTool, Stroke } from "./shapes";

// What a hand does on a page, by mouse, finger or pen: points, draws, rubs out.

export type HandTool = "pointer" | PenTool | "eraser";

export const COLOURS = { red: "#d3302f", blue: "#1f5fc4", black: "#1a1a1a", green: "#17803f", yellow: "#f2c200" } as const;
export type ColourName = keyof typeof COLOURS;

const EVERY_MS = 60;
/** Page units between two points that are kept. */
const STEP = 8;
const RUBBER = 90;
export const WIDTHS: Readonly<Record<PenTool, { thin: number; thick: number }>> = { pen: { thin: 22, thick: 60 }, highlighter: { thin: 160, thick: 300 } };

export interface Grip {
  tool: HandTool;
  colour: string;
  width: number;
}

export const newRef = (): string => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join("");

export class Hand {
  /** What is being drawn now, for one's own eyes. */
  drawing: { ref: string; grip: Grip; points: Point[] } | null = null;
  private told = 0;
  private sentAt = 0;
  private pointing = false;
  private rubbed = new Set<number>();

  constructor(
    private readonly session: LessonSession,
    private readonly book: Book,
    private readonly changed: () => void,
  ) {}

  down(at: Point, grip: Grip): void {
    if (grip.tool === "pointer") return this.point(at);
    if (grip.tool === "eraser") {
      this.rubbed.clear();
      return this.rub(at, at);
    }
    this.drawing = { ref: newRef(), grip, points: [at] };
    this.told = 0;
    this.changed();
  }

  move(points: readonly Point[], grip: Grip, isDown: boolean): void {
    const last = points[points.length - 1];
    if (last === undefined) return;
    if (grip.tool === "pointer") return this.point(last);
    if (!isDown) return;
    if (grip.tool === "eraser") return this.rub(points[0]!, last);
    const { drawing } = this;
    if (drawing === null) return;
    for (const point of points) {
      const before = drawing.points[drawing.points.length - 1]!;
      if (Math.hypot(point[0] - before[0], point[1] - before[1]) >= STEP) drawing.points.push(point);
    }
    this.changed();
    if (drawing.points.length >= 4 * MAX_POINTS) {
      // A line without end goes on as another one.
      this.up();
      this.down(last, grip);
    } else this.sketch();
  }

  up(): void {
    const { drawing } = this;
    this.drawing = null;
    if (drawing === null) return;
    const { ref, grip, points } = drawing;
    this.book.draw({ ref, tool: grip.tool as PenTool, colour: grip.colour, width: grip.width, points: encode(simplify(points)) });
    this.changed();
  }

  /** The pointer has left the page. */
  away(): void {
    const page = this.book.state.shown?.page;
    if (!this.pointing || page === undefined) return;
    this.pointing = false;
    this.session.tell({ type: "point", page, at: null });
  }

  private point(at: Point): void {
    const page = this.book.state.shown?.page;
    const now = performance.now();
    if (page === undefined || now - this.sentAt < EVERY_MS) return;
    this.sentAt = now;
    this.pointing = true;
    this.session.tell({ type: "point", page, at });
  }

  private sketch(): void {
    const { drawing } = this;
    const page = this.book.state.shown?.page;
    const now = performance.now();
    if (drawing === null || page === undefined || now - this.sentAt < EVERY_MS) return;
    this.sentAt = now;
    const fresh = drawing.points.slice(this.told, this.told + 100);
    this.told += fresh.length;
    if (fresh.length === 0) return;
    const { ref, grip } = drawing;
    this.session.tell({ type: "sketch", page, ref, tool: grip.tool as PenTool, colour: grip.colour, width: grip.width, points: encode(fresh) });
  }

  private rub(from: Point, to: Point): void {
    const { seat } = this.session.state;
    const all = this.book.state.ink?.strokes ?? [];
    const met = all.filter((stroke) => !this.rubbed.has(stroke.id) && (seat === "teacher" || stroke.seat === seat) && touches(stroke, from, to));
    for (const stroke of met) this.rubbed.add(stroke.id);
    this.book.erase(met.map((stroke) => stroke.id));
  }
}

/** Whether a rubber that goes from here to there meets the stroke. */
function touches(stroke: Stroke, from: Point, to: Point): boolean {
  const reach = RUBBER + stroke.width / 2;
  const points = decode(stroke.points);
  return points.some((point, place) => distance(point, from, to) < reach || (place > 0 && distance(to, points[place - 1]!, point) < reach));
}

import type { PageMessage } from "../protocol";
import type { Stroke } from "./shapes";

// What is written on one page: asked for once, then brought up to date by messages. Pure.

export type InkMessage = Extract<PageMessage, { type: "stroke_drawn" | "strokes_erased" | "page_cleared" }>;

export interface Ink {
  /** The last event that is in it. */
  seq: number;
  strokes: readonly Stroke[];
}

/** The ink after a message; one that is in it already changes nothing. */
export function after(ink: Ink, message: InkMessage): Ink {
  if (message.seq <= ink.seq) return ink;
  switch (message.type) {
    case "stroke_drawn":
      return { seq: message.seq, strokes: [...ink.strokes, message.stroke] };
    case "strokes_erased": {
      const gone = new Set(message.strokes);
      return { seq: message.seq, strokes: ink.strokes.filter((stroke) => !gone.has(stroke.id)) };
    }
    case "page_cleared":
      return { seq: message.seq, strokes: [] };
  }
}

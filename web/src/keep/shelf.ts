// How kept files lie in the browser's own storage, and which of them have to go. Pure.
//
// kept/{lesson}~{seat}~{source}/{begin}.webm: begin is the server's wall clock, ms since the epoch. {begin}.mark beside it
// (empty) says that a cut was near: it outlives the ring.

export const ROOT = "kept";
/** A file holds so much; it may run on for as long as its successor needs to begin. */
export const PART_MS = 10_000;
export const LONGEST_MS = 13_000;
/** What is kept around a cut: the page notices one only after seconds, and the server's view of it ends with a keyframe. */
export const MARGIN_MS = 25_000;
/** Of what nobody has asked for yet: ten minutes of a teacher, half an hour of a classroom. */
export const RING_BYTES = 120 * 2 ** 20;
/** Of everything, on one device. */
export const ALL_BYTES = 360 * 2 ** 20;
export const LIFE_MS = 7 * 24 * 3600_000;

/** A shared screen has no sound to be laid beside what came through: it goes where the clocks say, to some hundredths of a second. */
export type KeptSource = "camera" | "screen";

export interface Shelf {
  lesson: string;
  seat: string;
  source: string;
}

export interface Part {
  begin: number;
  bytes: number;
  marked: boolean;
}

export const folderOf = ({ lesson, seat, source }: Shelf): string => [lesson, seat, source].join("~");

export function shelfOf(folder: string): Shelf | null {
  const [lesson, seat, source, ...rest] = folder.split("~");
  return lesson && seat && source && rest.length === 0 ? { lesson, seat, source } : null;
}

/** The parts that have to go, the oldest first: of the unmarked ones what the ring cannot hold, then of all what the device may not. */
export function surplus(parts: readonly Part[], ring_bytes = RING_BYTES, all_bytes = ALL_BYTES): Part[] {
  const gone = new Set<Part>();
  const drop = (from: readonly Part[], limit: number): void => {
    let bytes = from.reduce((sum, part) => sum + part.bytes, 0);
    for (const part of [...from].sort((a, b) => a.begin - b.begin)) {
      if (bytes <= limit) return;
      gone.add(part);
      bytes -= part.bytes;
    }
  };
  drop(parts.filter((part) => !part.marked), ring_bytes);
  drop(parts.filter((part) => !gone.has(part)), all_bytes);
  return [...gone];
}

/** Whether a part may hold something between two moments; page and server may think a second differently of the time. */
export const reaches = (begin: number, from: number, to: number): boolean => begin - 1000 < to && begin + LONGEST_MS + 1000 > from;

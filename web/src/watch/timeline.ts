import type { Gap, PlayedFile, PlayedPages, PlayedStream, Preview, Strip } from "./shapes";
import { turnAt } from "./turns";

// Where things lie on the recording's one clock. Pure; seconds of the recording.

/** A gap shorter than this is marked on the time bar, but no card covers the picture. */
export const CARD_S = 1;
/** Between two files of a stream that was only split. */
const SEAM_S = 0.1;

/** The pages, among the streams. */
export const PAGES = "pages";

export const keyOf = (stream: { seat: string; source: string }): string => `${stream.seat}/${stream.source}`;

/** The file that plays at an instant, as an index; -1 for none. Where two overlap by a frame, the later one. */
export function fileAt(files: readonly PlayedFile[], at_s: number): number {
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index]!;
    if (file.from_s <= at_s && at_s < file.to_s) return index;
  }
  return -1;
}

/** The next file to begin after an instant; -1 for none. */
export const nextFile = (files: readonly PlayedFile[], at_s: number): number => files.findIndex((file) => file.from_s > at_s);

export type Show = { kind: "film" | "sound" | "before" | "after" | "off" } | { kind: "gap"; gap: Gap };

/** What a stream has to show: its film, or why there is none. */
export function showAt(stream: PlayedStream, at_s: number): Show {
  const gap = stream.gaps.find((each) => each.healed_by === null && each.kind !== "audio" && each.to_s - each.from_s >= CARD_S && each.from_s <= at_s && at_s < each.to_s);
  if (gap) return { kind: "gap", gap };
  const file = stream.files[fileAt(stream.files, at_s)] ?? stream.files.find((each) => Math.abs(each.from_s - at_s) <= SEAM_S);
  if (file) return { kind: file.video ? "film" : "sound" };
  const [first] = stream.files;
  if (!first || at_s < first.from_s) return { kind: "before" };
  return { kind: nextFile(stream.files, at_s) < 0 ? "after" : "off" };
}

/** The gap in the sound at an instant, if one can hear that it is one. */
export const silenceAt = (stream: PlayedStream, at_s: number): Gap | null =>
  stream.gaps.find((each) => each.healed_by === null && each.kind === "audio" && each.to_s - each.from_s >= CARD_S && each.from_s <= at_s && at_s < each.to_s) ?? null;

/** What the class looked at: the page that was shown, else the shared screen, else who taught (`main`). */
export function leading(streams: readonly PlayedStream[], pages: PlayedPages | null, main: string, at_s: number): string {
  if (pages && turnAt(pages, at_s) !== null) return PAGES;
  const screen = streams.find((each) => each.source === "screen" && showAt(each, at_s).kind === "film");
  return screen ? keyOf(screen) : main;
}

export interface Mark extends Gap {
  /** Of the teacher's camera: what the whole lesson lacks. */
  main: boolean;
  stream: PlayedStream;
}

/** The gaps as marks on the time bar, those of the teacher last so that they lie on top. */
export function marks(streams: readonly PlayedStream[], main: string): Mark[] {
  const all = streams.flatMap((stream) => stream.gaps.map((gap) => ({ ...gap, stream, main: keyOf(stream) === main })));
  return all.sort((a, b) => Number(a.main) - Number(b.main) || a.from_s - b.from_s);
}

/** The chapter that is on: its index, -1 before the first. */
export function chapterAt(chapters: readonly number[], at_s: number): number {
  let found = -1;
  chapters.forEach((begins, index) => {
    if (begins <= at_s) found = index;
  });
  return found;
}

export interface Tile {
  sheet: string;
  x: number;
  y: number;
}

/** Which small picture shows an instant: the latest before it. */
export function tileAt(preview: Preview, strip: Strip, at_s: number): Tile | null {
  let place = strip.at_s.findIndex((each) => each > at_s + 0.05) - 1;
  if (place === -2) place = strip.at_s.length - 1;
  place = Math.max(place, 0);
  const sheet = strip.sheets[Math.floor(place / preview.per_sheet)];
  if (sheet === undefined || strip.at_s.length === 0) return null;
  const on = place % preview.per_sheet;
  return { sheet, x: (on % preview.per_row) * preview.width, y: Math.floor(on / preview.per_row) * preview.height };
}

/** The strip to look through on the time bar: that of the large picture, else the teacher's, else any. */
export const stripOf = (preview: Preview | null, large: string, main: string): Strip | null =>
  preview?.strips.find((each) => keyOf(each) === large) ?? preview?.strips.find((each) => keyOf(each) === main) ?? preview?.strips[0] ?? null;

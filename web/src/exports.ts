import type { ExportLine, Layout } from "./protocol";

// One MP4 of a lesson: what may be asked for, and how a line of the list reads.

export const LAYOUTS: readonly Layout[] = ["slides", "teacher", "classrooms"];

/** The picture of every classroom is one of pupils; for the others only the sound is asked about. */
export const withPupils = (layout: Layout, wanted: boolean): boolean => layout === "classrooms" || wanted;

/** Somebody works on it, or will. */
export const isUnfinished = (line: ExportLine): boolean => line.state === "waiting" || line.state === "running";

/** "12 MB", "1.4 GB": as the browser's own list of downloads says it. */
export function sizeText(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes >= 1000 ? `${(megabytes / 1000).toFixed(1)} GB` : `${Math.max(0.1, megabytes).toFixed(megabytes < 10 ? 1 : 0)} MB`;
}

/** Whole minutes still to wait, at least one; null while nobody can tell. */
export const minutesLeft = (line: ExportLine): number | null => (line.left_s === null ? null : Math.max(1, Math.ceil(line.left_s / 60)));

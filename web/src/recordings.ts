import { TEACHER_SEAT, type Recording, type Source } from "./protocol";

// A restart of a page or of the server begins a new file; people look for one line per picture of the lesson.

export interface RecordedStream {
  seat: string;
  source: Source;
  parts: number;
  seconds: number;
  gaps: number;
  gaps_s: number;
  /** The longest gap, and when it began, in seconds of the lesson's recording. */
  longest_s: number;
  longest_at_s: number;
}

/** One entry per stream, the teacher's first, else in the order given. */
export function recordedStreams(recordings: Recording[]): RecordedStream[] {
  const streams = new Map<string, RecordedStream>();
  for (const file of recordings) {
    const key = `${file.seat}/${file.source}`;
    const stream = streams.get(key) ?? { seat: file.seat, source: file.source, parts: 0, seconds: 0, gaps: 0, gaps_s: 0, longest_s: 0, longest_at_s: 0 };
    streams.set(key, stream);
    stream.parts += 1;
    stream.seconds += file.seconds;
    for (const gap of file.gaps) {
      const length = gap.to_s - gap.from_s;
      stream.gaps += 1;
      stream.gaps_s += length;
      if (length > stream.longest_s) [stream.longest_s, stream.longest_at_s] = [length, file.offset_s + gap.from_s];
    }
  }
  return [...streams.values()].sort((a, b) => Number(b.seat === TEACHER_SEAT) - Number(a.seat === TEACHER_SEAT));
}

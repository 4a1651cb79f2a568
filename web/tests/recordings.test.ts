import { describe, expect, it } from "vitest";
import type { Recording } from "../src/protocol";
import { recordedStreams } from "../src/recordings";

const file = (seat: string, seconds: number, offset_s: number, gaps: [number, number][] = []): Recording => ({
  file: `${seat}-${offset_s}`,
  seat,
  source: "camera",
  offset_s,
  seconds,
  gaps: gaps.map(([from_s, to_s]) => ({ from_s, to_s })),
});

describe("recordedStreams", () => {
  it("makes one line of all files of a picture, the teacher's first", () => {
    const [teacher, rural] = recordedStreams([file("r1", 10, 0), file("teacher", 20, 0, [[1, 2]]), file("teacher", 30, 60, [[5, 8]])]);
    expect(teacher).toEqual({ seat: "teacher", source: "camera", parts: 2, seconds: 50, gaps: 2, gaps_s: 4, longest_s: 3, longest_at_s: 65 });
    expect(rural).toMatchObject({ seat: "r1", parts: 1, gaps: 0 });
  });
  it("has nothing to say of a lesson that was not recorded", () => {
    expect(recordedStreams([])).toEqual([]);
  });
});

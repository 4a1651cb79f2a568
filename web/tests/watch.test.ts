import { describe, expect, it } from "vitest";
import type { PlayedFile, PlayedStream, Preview } from "../src/watch/shapes";
import { correction, EASE_S, JUMP_S, MOST, nextSpeed } from "../src/watch/sync";
import { chapterAt, fileAt, keyOf, leading, marks, nextFile, PAGES, showAt, silenceAt, stripOf, tileAt } from "../src/watch/timeline";

const file = (offset_s: number, seconds: number, more: Partial<PlayedFile> = {}): PlayedFile => ({ name: `f${offset_s}.webm`, offset_s, from_s: offset_s, to_s: offset_s + seconds, healed: false, audio: true, video: true, ...more });
const stream = (files: PlayedFile[], gaps: PlayedStream["gaps"] = [], more: Partial<PlayedStream> = {}): PlayedStream => ({ seat: "teacher", source: "camera", school: "", classroom: "", files, gaps, ...more });

describe("a stream's files", () => {
  const files = [file(2, 10), file(20, 5)];
  it.each([[0, -1, 0], [2, 0, 1], [11.9, 0, 1], [12, -1, 1], [20, 1, -1], [25, -1, -1]])("at %s s", (at, on, next) => {
    expect([fileAt(files, at), nextFile(files, at)]).toEqual([on, next]);
  });
  it("go to the later one where two overlap", () => {
    expect(fileAt([file(0, 10), file(9.9, 5)], 9.95)).toBe(1);
  });
});

describe("what a stream shows", () => {
  const cut = stream([file(2, 10), file(20, 5), file(30, 5, { video: false })], [{ from_s: 12, to_s: 20, kind: "both", healed_by: null }, { from_s: 5, to_s: 5.4, kind: "video", healed_by: null }, { from_s: 7, to_s: 9, kind: "audio", healed_by: null }]);
  it.each([[1, "before"], [3, "film"], [5.2, "film"], [8, "film"], [12, "gap"], [19.9, "gap"], [20, "film"], [27, "off"], [31, "sound"], [36, "after"]])("at %s s: %s", (at, kind) => {
    expect(showAt(cut, at).kind).toBe(kind);
  });
  it("says where only the sound is missing", () => {
    expect(silenceAt(cut, 8)?.to_s).toBe(9);
    expect(silenceAt(cut, 13)).toBeNull();
  });
  it("shows nothing missing at the seam of a file that was only split", () => {
    expect(showAt(stream([file(0, 9.97), file(10, 5)]), 9.98).kind).toBe("film");
  });
  it("has nothing without files", () => {
    expect(showAt(stream([]), 1).kind).toBe("before");
  });
});

describe("what is large until somebody chooses", () => {
  const streams = [stream([file(0, 40)]), stream([file(10, 5)], [], { source: "screen" }), stream([file(0, 40)], [], { seat: "a" })];
  const pages = { pages: [], ink: [], chapters: [], steps: [], turns: [{ at_s: 12, page: "p" }, { at_s: 20, page: null }] };
  it.each([[5, "teacher/camera"], [11, "teacher/screen"], [12, PAGES], [19, PAGES], [20, "teacher/camera"]])("at %s s: %s", (at, key) => {
    expect(leading(streams, pages, "teacher/camera", at)).toBe(key);
  });
  it("is who taught where nothing was shown, and before it is known what was", () => {
    expect(leading([streams[0]!, streams[2]!], null, "teacher/camera", 15)).toBe("teacher/camera");
  });
});

describe("the time bar", () => {
  it("has the teacher's gaps on top", () => {
    const rural = stream([file(0, 5)], [{ from_s: 1, to_s: 2, kind: "both", healed_by: null }], { seat: "a" });
    const host = stream([file(0, 5)], [{ from_s: 3, to_s: 4, kind: "both", healed_by: null }]);
    expect(marks([host, rural], keyOf(host)).map((mark) => [mark.from_s, mark.main])).toEqual([[1, false], [3, true]]);
  });
  it("knows the chapter", () => {
    expect([-1, 0, 9.9, 10, 99].map((at) => chapterAt([0, 10, 20], at))).toEqual([-1, 0, 0, 1, 2]);
  });
  const preview: Preview = {
    poster: null, chapters: [], width: 160, height: 90, per_row: 10, per_sheet: 100,
    strips: [{ seat: "teacher", source: "camera", sheets: ["a", "b"], at_s: Array.from({ length: 130 }, (_, n) => n * 10) }, { seat: "teacher", source: "screen", sheets: [], at_s: [] }],
  };
  it.each([[-5, "a", 0, 0], [0, "a", 0, 0], [119, "a", 160, 90], [1000, "b", 0, 0], [1295, "b", 1440, 180], [9999, "b", 1440, 180]])("shows the picture of %s s", (at, sheet, x, y) => {
    expect(tileAt(preview, preview.strips[0]!, at)).toEqual({ sheet, x, y });
  });
  it("looks through what is large, else through the teacher", () => {
    expect(stripOf(preview, "teacher/screen", "teacher/camera")?.source).toBe("screen");
    expect(stripOf(preview, "a/camera", "teacher/camera")?.source).toBe("camera");
    expect(stripOf(null, "a", "b")).toBeNull();
    expect(tileAt(preview, preview.strips[1]!, 3)).toBeNull();
  });
});

describe("a film beside the leading one", () => {
  it("is left alone when it is in time, eased when it is near, and jumps when it is far off", () => {
    expect(correction(EASE_S / 2)).toBe(1);
    expect(correction(0.1)).toBeCloseTo(1.1);
    expect(correction(-0.1)).toBeCloseTo(0.9);
    expect(correction(0.3)).toBeCloseTo(1 + MOST);
    expect(correction(JUMP_S + 0.01)).toBe("jump");
    expect(correction(-9)).toBe("jump");
  });
  it("comes into time within two seconds from just below a jump", () => {
    let behind = JUMP_S;
    for (let t = 0; t < 4; t += 0.05) behind -= ((correction(behind) as number) - 1) * 0.05;
    expect(Math.abs(behind)).toBeLessThan(0.1);
  });
});

describe("the speed", () => {
  it("goes up and down and stays in bounds", () => {
    expect([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(2, 1), nextSpeed(0.5, -1)]).toEqual([1.25, 0.75, 2, 0.5]);
  });
});

import { describe, expect, it } from "vitest";
import { after, type Ink } from "../src/courseware/ink";
import { decode, distance, encode, MAX_LETTERS, MAX_POINTS, outline, simplify, type Point } from "../src/courseware/polyline";
import { extent, type Stroke } from "../src/courseware/shapes";

const stroke = (id: number): Stroke => ({ id, seat: "teacher", ref: `r${id}`, tool: "pen", colour: "#d3302f", width: 20, points: "" });

describe("points in letters", () => {
  it("are the ones of the protocol", () => {
    expect(encode([[1000, 1000], [1100, 1100]])).toBe("o}@o}@gEgE");
    expect(decode("o}@o}@gEgE")).toEqual([[1000, 1000], [1100, 1100]]);
  });
  it("come back, wherever the hand went", () => {
    const path: Point[] = [[0, 0], [10000, 5625], [9999, 0], [0, 10000], [17, 16], [16, 17]];
    expect(decode(encode(path))).toEqual(path);
  });
  it("are thinned to what one message carries, and stay on the line", () => {
    const scrawl: Point[] = Array.from({ length: 4000 }, (_, n) => [Math.round(5000 + 4000 * Math.sin(n / 9)), Math.round(2500 + 2400 * Math.cos(n / 7))]);
    const kept = simplify(scrawl);
    expect(kept.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(encode(kept).length).toBeLessThanOrEqual(MAX_LETTERS);
    expect(kept[0]).toEqual(scrawl[0]);
    expect(kept[kept.length - 1]).toEqual(scrawl[3999]);
    expect(simplify([[0, 0], [500, 1], [1000, 0]])).toEqual([[0, 0], [1000, 0]]);
  });
  it("are drawn through all of them, and one is a dot", () => {
    expect(outline([[5, 6]])).toBe("M5 6h1");
    expect(outline([[0, 0], [10, 0], [20, 10]])).toBe("M0 0Q10 0 15 5L20 10");
    expect(distance([5, 5], [0, 0], [10, 0])).toBe(5);
  });
});

describe("ink", () => {
  const ink: Ink = { seq: 7, strokes: [stroke(5), stroke(7)] };
  it("takes what is newer, and nothing twice", () => {
    const drawn = { type: "stroke_drawn", seq: 9, page: "p", stroke: stroke(9) } as const;
    const more = after(ink, drawn);
    expect(more.strokes.map((each) => each.id)).toEqual([5, 7, 9]);
    expect(after(more, drawn)).toBe(more);
    expect(after(ink, { type: "page_cleared", seq: 6, page: "p" })).toBe(ink);
  });
  it("loses what is rubbed out", () => {
    expect(after(ink, { type: "strokes_erased", seq: 8, page: "p", strokes: [5] }).strokes.map((each) => each.id)).toEqual([7]);
    expect(after(ink, { type: "page_cleared", seq: 8, page: "p" }).strokes).toEqual([]);
  });
});

it("measures a page by its longer side", () => {
  expect(extent({ width: 1920, height: 1080 })).toEqual({ width: 10000, height: 5625 });
  expect(extent({ width: 1358, height: 1920 })).toEqual({ width: 7073, height: 10000 });
});

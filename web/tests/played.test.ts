import { describe, expect, it } from "vitest";
import { PlayedParts } from "../src/room/played";

/** Ticks every 250 ms from a place on, at a speed. */
function run(parts: PlayedParts, from_ms: number, seconds: number, { at = 0, speed = 1, plays = true } = {}): number {
  for (let t = 0; t <= seconds * 1000; t += 250) parts.tick(from_ms + t * speed, at + t, speed, plays);
  return at + seconds * 1000;
}

describe("what was really played", () => {
  it("is one part while it runs, at any speed", () => {
    const parts = new PlayedParts();
    run(parts, 1000, 4, { speed: 1.5 });
    expect(parts.told()).toEqual([[1000, 7000]]);
  });

  it("has a hole where somebody jumped, paused or looked away", () => {
    const parts = new PlayedParts();
    let at = run(parts, 0, 2);
    at = run(parts, 60_000, 2, { at: at + 250 });
    run(parts, 62_000, 3, { at, plays: false });
    expect(parts.told()).toEqual([[0, 2000], [60_000, 62_000]]);
  });

  it("forgets what was told, and keeps what has grown meanwhile", () => {
    const parts = new PlayedParts();
    const at = run(parts, 0, 2);
    const told = parts.told();
    run(parts, 2000, 1, { at });
    parts.forget(told);
    expect(parts.told()).toEqual([[2000, 3000]]);
    parts.forget(parts.told());
    expect(parts.told()).toEqual([]);
  });

  it("believes nothing of a page that slept", () => {
    const parts = new PlayedParts();
    parts.tick(0, 0, 1, true);
    parts.tick(60_000, 60_000, 1, true);
    expect(parts.told()).toEqual([]);
  });
});

import { expect, it } from "vitest";
import { carriedBps, type Came } from "../src/media/opened";

const came = (responseStart: number, responseEnd: number, transferSize: number, initiatorType = "script"): Came => ({ initiatorType, responseStart, responseEnd, transferSize });

it("tells what a line carried while files came, whether one after the other or beside each other", () => {
  // 34 kB in 3.2 s, then 30 kB in the four seconds after a second's pause.
  expect(carriedBps([came(400, 3600, 34_000), came(5000, 9000, 20_000, "link"), came(4600, 8600, 10_000)])).toBe(Math.round(8000 * 64_000 / 7600));
});

it("knows nothing of a line over which little came, or what was asked for by scripts", () => {
  expect(carriedBps([came(0, 0, 0), came(100, 4000, 20_000)])).toBeNull();
  expect(carriedBps([came(100, 4000, 20_000), came(4000, 9000, 20_000, "fetch")])).toBeNull();
  expect(carriedBps([came(100, 100, 40_000)])).toBeNull();
});

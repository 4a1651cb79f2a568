import { expect, it } from "vitest";
import { carriedBps, type Came } from "../src/media/opened";

const came = (responseStart: number, responseEnd: number, transferSize: number, initiatorType = "script"): Came => ({ initiatorType, responseStart, responseEnd, transferSize });

it("tells what a line carried while files came, whether one after the other or beside each other", () => {
  // Two beside each other for four seconds, and one after a pause.
  expect(carriedBps([came(400, 4400, 20_000), came(9000, 10_000, 10_000), came(400, 4400, 20_000, "link")])).toBe(80_000);
});

it("goes by the fastest large file where others waited for a busy PC", () => {
  expect(carriedBps([came(400, 3600, 34_000), came(3600, 3700, 11_000), came(3600, 3601, 1_000)])).toBe(880_000);
});

it("knows nothing of a line over which little came, or what was asked for by scripts", () => {
  expect(carriedBps([came(0, 0, 0), came(100, 4000, 20_000)])).toBeNull();
  expect(carriedBps([came(100, 4000, 20_000), came(4000, 9000, 20_000, "fetch")])).toBeNull();
  expect(carriedBps([came(100, 100, 40_000)])).toBeNull();
});

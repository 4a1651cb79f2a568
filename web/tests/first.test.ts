import { describe, expect, it } from "vitest";
import { HearsFirst } from "../src/media/first";

describe("who joins", () => {
  it("sends once what there is to hear has come, and does not stop for what comes later", () => {
    const first = new HearsFirst();
    expect(first.waitMs(true, 1000)).toBe(4000);
    expect(first.waitMs(true, 2000)).toBe(3000);
    expect(first.waitMs(false, 2500)).toBe(0);
    expect(first.waitMs(true, 2600)).toBe(0);
  });
  it("sends at once where there is nothing to hear", () => {
    expect(new HearsFirst().waitMs(false, 1000)).toBe(0);
  });
  it("sends after a while at the latest", () => {
    const first = new HearsFirst();
    first.waitMs(true, 1000);
    expect(first.waitMs(true, 5000)).toBe(0);
    expect(first.waitMs(true, 5200)).toBe(0);
  });
});

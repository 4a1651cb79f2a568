import { beforeAll, describe, expect, it } from "vitest";
import { RUNGS, rungSentence, seesStill, withheld } from "../src/ladder";
import { speak } from "../src/strings";

beforeAll(() => speak("zh"));

describe("rungSentence", () => {
  it.each([
    ["full", "full", null],
    ["full", "lower", "网络较慢，画面已调低一档"],
    ["lowest", "still", "网络较慢，已改为静止画面和声音"],
    ["still", "audio", "网络很慢，只保留声音"],
    ["audio", "still", "网络较慢，已改为静止画面和声音"],
    ["still", "lowest", "网络好转，画面又动起来了"],
    ["lowest", "lower", "网络好转，画面已调高一档"],
    ["lower", "full", "网络恢复，画面已恢复"],
  ] as const)("%s → %s", (before, after, sentence) => expect(rungSentence(before, after)).toBe(sentence));
});

describe("a seat", () => {
  it("sees stills at still, at slides those of a shared screen", () => {
    const seen = RUNGS.filter((rung) => seesStill(rung, "camera"));
    expect([seen, RUNGS.filter((rung) => seesStill(rung, "screen"))]).toEqual([["still"], ["still", "slides"]]);
    expect(seesStill(undefined, "camera")).toBe(false);
  });
  it("is told why a picture does not come", () => {
    expect(RUNGS.filter((rung) => withheld(rung, "camera"))).toEqual(["slides", "audio"]);
    expect(RUNGS.filter((rung) => withheld(rung, "screen"))).toEqual(["audio"]);
  });
});

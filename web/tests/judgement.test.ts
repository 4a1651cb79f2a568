import { describe, expect, it } from "vitest";
import { judgement } from "../src/console/ledger/judgement";
import type { ActivityDetail } from "../src/console/ledger/shapes";

function activity(more: Partial<ActivityDetail>): ActivityDetail {
  return { kind: "sync", is_hand: false, flags: [], marks: [], words: [], minutes: 40, need: 20, low: 10, state: "counted", ...more } as ActivityDetail;
}
const flagged = (...codes: string[]): Partial<ActivityDetail> => ({ state: "not_counted", minutes: 0, flags: codes.map((code) => ({ code, text: code })) });
const failed = (of: ActivityDetail): string[] => judgement(of).filter((check) => check.ok === false).map((check) => check.key);
const asked = (of: ActivityDetail): string[] => judgement(of).filter((check) => check.ok === "ask").map((check) => check.key);

describe("the way from a verdict to its reason", () => {
  it("has nothing to ask of a lesson that counts", () => {
    expect(failed(activity({}))).toEqual([]);
    expect(asked(activity({}))).toEqual([]);
  });

  it("names the minutes that are missing: 18 of 20 ask, 5 do not count", () => {
    expect(judgement(activity({ minutes: 18, state: "pending" })).at(-1)).toEqual({ ok: "ask", key: "check_minutes_low", values: { minutes: 18, need: 20 } });
    expect(judgement(activity({ minutes: 5, state: "not_counted" })).at(-1)).toEqual({ ok: false, key: "check_minutes_no", values: { minutes: 5, low: 10 } });
  });

  it("says which side was absent, instead of counting minutes", () => {
    expect(failed(activity(flagged("no_rural_room")))).toEqual(["check_rural_no"]);
    expect(failed(activity(flagged("no_host_room")))).toEqual(["check_host_no"]);
    expect(failed(activity(flagged("not_interactive")))).toEqual(["check_rural_one_way"]);
    expect(failed(activity(flagged("not_held")))).toEqual(["check_nobody"]);
  });

  it("names a test, a cancelled lesson and a pair not yet active, with the minutes beside it", () => {
    expect(failed(activity({ ...flagged("test"), minutes: 40 }))).toEqual(["check_test_no"]);
    expect(failed(activity({ ...flagged("pair_inactive"), minutes: 40 }))).toEqual(["check_pair_no"]);
    expect(failed(activity(flagged("cancelled", "not_held")))).toEqual(["check_cancelled_no", "check_nobody"]);
  });

  it("asks about a lesson that the village taught", () => {
    expect(asked(activity({ state: "pending", flags: [{ code: "reverse", text: "" }] }))).toEqual(["check_reverse"]);
  });

  it("tells who decided", () => {
    const word = { kind: "confirm", state: "applied", by_name: "陈" } as ActivityDetail["words"][number];
    expect(judgement(activity({ minutes: 18, words: [word] })).at(-1)).toEqual({ ok: true, key: "check_confirmed", values: { by: "陈" } });
    expect(judgement(activity({ minutes: 18, words: [{ ...word, state: "proposed" }] })).at(-1)!.key).toBe("check_minutes_low");
  });

  it("asks for a second person where a synchronized lesson was entered by hand, not for the other forms", () => {
    expect(asked(activity({ is_hand: true, state: "pending" }))).toEqual(["check_hand"]);
    expect(asked(activity({ is_hand: true, kind: "delivery" }))).toEqual([]);
  });
});

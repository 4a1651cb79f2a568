import { describe, expect, it } from "vitest";
import type { LessonView, SeatView, Source } from "../src/protocol";
import { handPlace, linkBars, quietMinutes, stageSeat, wantedStreams } from "../src/wanted";

function seat(id: string, ...sources: Source[]): SeatView {
  return {
    seat: id, role: id === "teacher" ? "host" : "rural", school: id, classroom: id, class_name: "", present: true, left_at: null, muted: false, help: null,
    students: null, headcount: null, people: [], praises: 0, shown: "camera", streams: sources.map((source) => ({ source, state: "flowing", audio: true, video: true })), rung: "full", code: null, join: null,
  };
}
function lesson(seats: SeatView[], more: Partial<LessonView> = {}): LessonView {
  return {
    lesson: "l", seq: 1, state: "live", subject: "语", title: "", training: null, is_test: false, now: "2019-05-14T09:00:00+08:00", planned: [], opened_at: null, started_at: null, ended_at: null, closes_at: null, extended_min: 0, plan: { version: 0, step: null, since: null, spent_s: [] },
    supporter: { school: "s" }, stage: null, drawn: null, layout: "lecture", rotation: null, chat: { closed: false, lines: 0 }, talk: null, hands: [], recording: { on: false, wanted: false, problem: null, missing_consent: [], verdict: null }, pages: { shown: null, version: 0, writers: [] }, seats, quiz: null, homework: [], desks: [], ...more,
  };
}
const keys = (view: LessonView, me: string | null): string[] => wantedStreams(view, me).map((each) => `${each.seat}/${each.source}${each.available ? "" : " away"}`);
const SEATS = [seat("teacher", "camera", "screen"), seat("r1", "camera"), seat("r2")];

describe("who watches whom", () => {
  it("shows the teacher every classroom", () => {
    expect(keys(lesson(SEATS), "teacher")).toEqual(["r1/camera", "r2/camera away"]);
  });
  it("shows a classroom the teacher's camera and screen", () => {
    expect(keys(lesson(SEATS), "r1")).toEqual(["teacher/camera", "teacher/screen"]);
  });
  it("drops a screen that was put away, and keeps a camera that is away for a moment", () => {
    expect(keys(lesson([seat("teacher"), seat("r1", "camera")]), "r1")).toEqual(["teacher/camera away"]);
  });
  it("shows the classroom on stage to the others, not to itself", () => {
    expect(keys(lesson(SEATS, { stage: "r1" }), "r2")).toContain("r1/camera");
    expect(keys(lesson(SEATS, { stage: "r1" }), "r1")).not.toContain("r1/camera");
  });
  it("takes the teacher's seat for no stage", () => {
    expect(stageSeat(lesson(SEATS, { stage: "teacher" }))).toBeNull();
    expect(keys(lesson(SEATS, { stage: "teacher" }), "r2").filter((key) => key === "teacher/camera")).toHaveLength(1);
  });
  it("shows an observer the teacher, the screen and every classroom", () => {
    expect(keys(lesson(SEATS, { stage: "r1" }), null)).toEqual(["teacher/camera", "teacher/screen", "r1/camera", "r2/camera away"]);
  });
  it("shows every room of a meeting all others", () => {
    expect(keys(lesson(SEATS, { training: "集体备课" }), "r1")).toEqual(["teacher/camera", "teacher/screen", "r2/camera away"]);
  });
  it("watches nobody before the lesson opens and after it ended", () => {
    for (const state of ["scheduled", "ended"] as const) expect(keys(lesson(SEATS, { state }), "r1")).toEqual([]);
  });
});

describe("linkBars", () => {
  it("grades a line from unknown to good", () => {
    const link = (loss: number, rtt_ms: number | null) => ({ up_kbps: 1, down_kbps: 1, loss, rtt_ms, by_tcp: false });
    expect(linkBars(undefined)).toBe(0);
    expect([link(0, 20), link(0, null), link(0.03, 20), link(0, 400), link(0.3, 20)].map(linkBars)).toEqual([4, 4, 3, 2, 1]);
  });
});

describe("handPlace", () => {
  it("counts from one, zero for a hand that is down", () => {
    const view = lesson(SEATS, { hands: [{ seat: "r2", at: "" }, { seat: "r1", at: "" }] });
    expect([handPlace(view, "r2"), handPlace(view, "r1"), handPlace(view, "teacher")]).toEqual([1, 2, 0]);
  });
});

describe("who has not spoken for long", () => {
  const now = Date.parse("2019-05-14T09:30:00+08:00");
  const live = lesson(SEATS, { started_at: "2019-05-14T09:00:00+08:00" });
  it("counts from the lesson's start, or from the last word", () => {
    expect(quietMinutes(live, { spoke_s: 0, last_at: null }, now)).toBe(30);
    expect(quietMinutes(live, { spoke_s: 9, last_at: "2019-05-14T09:12:00+08:00" }, now)).toBe(18);
    expect(quietMinutes(live, { spoke_s: 9, last_at: "2019-05-14T08:12:00+08:00" }, now)).toBe(30);
  });
  it("says nothing of short silences, before the lesson, and where nothing tells it", () => {
    expect(quietMinutes(live, { spoke_s: 9, last_at: "2019-05-14T09:26:00+08:00" }, now)).toBeNull();
    expect(quietMinutes(live, undefined, now)).toBeNull();
    expect(quietMinutes(lesson(SEATS, { state: "open" }), { spoke_s: 0, last_at: null }, now)).toBeNull();
  });
});

describe("the camera that is shown", () => {
  it("is the chosen one beside the one with the sound, for everybody", () => {
    const seats = [{ ...seat("teacher", "camera", "board"), shown: "board" as const }, { ...seat("r1", "camera", "students"), shown: "students" as const }];
    expect(keys(lesson(seats), "teacher")).toEqual(["r1/camera", "r1/students"]);
    expect(keys(lesson(seats, { stage: "r1" }), "r2")).toEqual(["teacher/camera", "teacher/board", "r1/camera", "r1/students"]);
  });
  it("is the camera while the chosen one is away", () => {
    expect(keys(lesson([{ ...seat("teacher", "camera"), shown: "stand" }]), "r1")).toEqual(["teacher/camera"]);
  });
});

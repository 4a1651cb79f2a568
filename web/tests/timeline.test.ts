import { describe, expect, it } from "vitest";
import type { Interval, RoomEvidence } from "../src/console/ledger/shapes";
import { intersect, subtract, ticks, timeline, together, union, type Span } from "../src/console/ledger/timeline";

const at = (clock: string): string => `2019-05-14T${clock.length === 5 ? `${clock}:00` : clock}+08:00`;
const ms = (clock: string): number => Date.parse(at(clock));
const span = (from: string, to: string): Interval => [at(from), at(to)];

function room(name: string, role: "host" | "rural", seen: Interval[], used = seen, more: Partial<RoomEvidence> = {}): RoomEvidence {
  return {
    room: name, name, school: name, class_name: "", role, on_timetable: true, seen, used, view_only: [], held_back: [], minutes: 0, is_counted: true,
    students: 0, teachers: 0, students_from: "missing", teachers_from: "missing", roster: null, confirmed: [], ...more,
  };
}

describe("spans", () => {
  it("are joined where they touch, whatever order they came in", () => {
    expect(union([[5, 9], [1, 3], [3, 4], [6, 7]])).toEqual([[1, 4], [5, 9]]);
    expect(union([[2, 2]])).toEqual([]);
  });

  it("are cut with each other, and taken away from each other", () => {
    expect(intersect([[0, 10], [20, 30]], [[5, 25]])).toEqual([[5, 10], [20, 25]]);
    expect(subtract([[0, 10]], [[2, 3], [8, 12]])).toEqual([[0, 2], [3, 8]]);
    expect(subtract([[0, 10]], [])).toEqual([[0, 10]]);
  });
});

describe("a connection timeline", () => {
  const host = room("U1", "host", [span("08:58", "09:41")]);
  const rural = room("R1", "rural", [span("09:00", "09:12"), span("09:13", "09:40")], [span("09:00", "09:40")]);
  const activity = { planned: { start: at("09:00"), end: at("09:40") }, zone: { start: at("08:50"), end: at("09:55") }, rooms: [rural, host] };

  it("shows the teaching room first, and a bridged drop apart from what was seen", () => {
    const { lanes } = timeline(activity)!;
    expect(lanes.map((lane) => lane.room.room)).toEqual(["U1", "R1"]);
    expect(lanes[1]!.bars.filter((bar) => bar.kind === "bridged")).toEqual([{ kind: "bridged", from: ms("09:12"), to: ms("09:13") }]);
    expect(lanes[1]!.bars.filter((bar) => bar.kind === "seen")).toHaveLength(2);
  });

  it("knows when both sides were there together, from what was counted with", () => {
    const shared: Span[] = together([room("U1", "host", [span("09:00", "09:15"), span("09:35", "09:40")]), rural]);
    expect(shared).toEqual([[ms("09:00"), ms("09:15")], [ms("09:35"), ms("09:40")]]);
  });

  it("reaches from the zone's beginning to its end, with a line at whole steps of the clock", () => {
    const line = timeline(activity)!;
    expect(line.from).toBeLessThanOrEqual(ms("08:50"));
    expect(line.to).toBeGreaterThanOrEqual(ms("09:55"));
    expect(line.ticks.length).toBeLessThanOrEqual(13);
    expect(line.ticks.every((tick) => tick % 600_000 === 0)).toBe(true);
  });

  it("is nothing where nobody came and nothing was planned", () => {
    expect(timeline({ planned: null, zone: null, rooms: [room("U1", "host", [])] })).toBeNull();
  });

  it("draws a class that only watched as watching", () => {
    const watching = room("R2", "rural", [], [], { view_only: [span("09:02", "09:30")] });
    expect(timeline({ ...activity, rooms: [watching] })!.lanes[0]!.bars).toEqual([{ kind: "view_only", from: ms("09:02"), to: ms("09:30") }]);
  });
});

describe("ticks", () => {
  it("are never more than a person can read", () => {
    for (const minutes of [1, 7, 43, 90, 240, 600]) expect(ticks(0, minutes * 60_000).length).toBeLessThanOrEqual(13);
  });
});

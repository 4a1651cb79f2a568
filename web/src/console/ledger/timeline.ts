import type { ActivityDetail, Interval, RoomEvidence } from "./shapes";

// Where the bars of a connection timeline lie, apart from how they are drawn.

/** Milliseconds since the epoch: [from, to). */
export type Span = readonly [from: number, to: number];

export type BarKind = "seen" | "bridged" | "held_back" | "view_only";

export interface Bar {
  kind: BarKind;
  from: number;
  to: number;
}

export interface Lane {
  room: RoomEvidence;
  bars: Bar[];
}

export interface Timeline {
  from: number;
  to: number;
  planned: Span | null;
  zone: Span | null;
  lanes: Lane[];
  /** When host and a counted classroom were connected together. */
  together: Span[];
  ticks: number[];
}

const MINUTE = 60_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120].map((minutes) => minutes * MINUTE);

const spans = (intervals: readonly Interval[]): Span[] => union(intervals.map(([from, to]) => [Date.parse(from), Date.parse(to)]));

/** Sorted and disjoint, whatever order they came in. */
export function union(given: readonly Span[]): Span[] {
  const joined: [number, number][] = [];
  for (const [from, to] of [...given].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (to > from) joined.push([from, to]);
  }
  return joined;
}

export function intersect(one: readonly Span[], other: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const [from, to] of one) {
    for (const [start, end] of other) {
      if (Math.max(from, start) < Math.min(to, end)) found.push([Math.max(from, start), Math.min(to, end)]);
    }
  }
  return union(found);
}

/** What of `given` lies in none of `holes`; both disjoint and sorted. */
export function subtract(given: readonly Span[], holes: readonly Span[]): Span[] {
  const left: Span[] = [];
  for (const [from, to] of given) {
    let at = from;
    for (const [start, end] of holes) {
      if (end <= at || start >= to) continue;
      if (start > at) left.push([at, start]);
      at = Math.max(at, end);
    }
    if (at < to) left.push([at, to]);
  }
  return left;
}

/** Draw order: what lies below comes first, so that a rung without moving pictures stands on the connection it is part of. */
function bars(room: RoomEvidence): Bar[] {
  const seen = spans(room.seen);
  const of = (kind: BarKind, found: readonly Span[]): Bar[] => found.map(([from, to]) => ({ kind, from, to }));
  return [
    ...of("view_only", spans(room.view_only)),
    ...of("bridged", subtract(spans(room.used), seen)),
    ...of("seen", seen),
    ...of("held_back", spans(room.held_back)),
  ];
}

/** The seconds both sides were there: the union of the teaching rooms, cut with that of the listening rooms. */
export function together(rooms: readonly RoomEvidence[]): Span[] {
  const of = (role: RoomEvidence["role"]): Span[] => spans(rooms.filter((room) => room.role === role).flatMap((room) => room.used));
  return intersect(of("host"), of("rural"));
}

/** Instants of whole steps of the clock, at most `most` of them. */
export function ticks(from: number, to: number, most = 12): number[] {
  const step = STEPS.find((each) => (to - from) / each <= most) ?? STEPS.at(-1)!;
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}

/** Null when nothing is known to draw: no plan and nobody connected. */
export function timeline(activity: Pick<ActivityDetail, "planned" | "zone" | "rooms">): Timeline | null {
  const of = (time: { start: string; end: string } | null): Span | null => time && [Date.parse(time.start), Date.parse(time.end)];
  const [planned, zone] = [of(activity.planned), of(activity.zone)];
  const lanes = [...activity.rooms]
    .sort((a, b) => Number(b.role === "host") - Number(a.role === "host"))
    .map((room) => ({ room, bars: bars(room) }));
  const edges = [planned, zone].flatMap((span) => (span ? [...span] : [])).concat(lanes.flatMap((lane) => lane.bars.flatMap((bar) => [bar.from, bar.to])));
  if (edges.length === 0) return null;
  const [first, last] = [Math.min(...edges), Math.max(...edges)];
  const [from, to] = [first - MINUTE, Math.max(last + MINUTE, first + 5 * MINUTE)];
  return { from, to, planned, zone, lanes, together: together(activity.rooms), ticks: ticks(from, to) };
}

// The ledger's JSON as docs/api.md has it: activities, the words said about them, and the cells of a return.

export type Kind = "sync" | "delivery" | "master" | "training";
export type ActivityState = "counted" | "pending" | "not_counted";
export type NumberSource = "confirmed" | "planned" | "missing";
export type WordKind = "confirm" | "reject" | "correct";

/** ISO 8601 with +08:00. */
export type Instant = string;
/** [from, to). */
export type Interval = readonly [from: Instant, to: Instant];
export type Month = string; // 2019-05

export interface Mark {
  code: string;
  text: string;
}

export interface ActivityLine {
  id: string;
  kind: Kind;
  pair: string;
  supporter: string;
  /** "" while 待定. */
  recipient: string;
  lesson: string | null;
  begins_at: Instant;
  ends_at: Instant;
  state: ActivityState;
  flags: Mark[];
  marks: Mark[];
  subjects: string[];
  minutes: number;
  need: number;
  participants: number;
  teachers: number;
  students: number;
  month: Month;
  reason: string;
  reason_en: string;
  is_hand: boolean;
  version: number;
  adjusted: { count: number; participants: number } | null;
}

export interface HeadcountWord {
  students: number;
  teachers: number;
  /** A seat of the lesson, or the teacher. */
  by: string;
  by_name: string;
  at: Instant;
}

export interface RoomEvidence {
  room: string;
  name: string;
  school: string;
  class_name: string;
  role: "host" | "rural";
  on_timetable: boolean;
  seen: Interval[];
  view_only: Interval[];
  held_back: Interval[];
  /** `seen` with short drops bridged. */
  used: Interval[];
  minutes: number;
  is_counted: boolean;
  students: number;
  teachers: number;
  students_from: NumberSource;
  teachers_from: NumberSource;
  roster: number | null;
  confirmed: HeadcountWord[];
}

/** What an activity was before or after a word. */
export interface Seen {
  state: ActivityState;
  participants: number;
  teachers: number;
  students: number;
  subjects: string[];
  minutes: number;
}

/** People by room, or of the whole activity. */
export type Numbers = number | Record<string, number>;

export interface Word {
  id: string;
  activity: string;
  kind: WordKind;
  state: "applied" | "proposed" | "refused";
  by: string;
  by_name: string;
  at: Instant;
  reason: string;
  before: Seen;
  after: Seen;
  rooms: string[];
  students: Numbers | null;
  teachers: Numbers | null;
  subjects: string[] | null;
  is_test: boolean | null;
  is_cancelled: boolean | null;
  files: FileRef[];
  link: string | null;
  approved_by_name: string | null;
  approved_at: Instant | null;
  /** What the bureau said when it decided. */
  decision: string | null;
}

/** A word that waits for the bureau, and what it is about. */
export interface Proposal extends Word {
  about: ActivityLine | null;
}

export interface FileRef {
  id: string;
  name: string;
}

export interface Adjustment {
  id: string;
  into_month: Month;
  count: number;
  participants: number;
  words: string;
  at: Instant;
}

export interface ActivityDetail extends ActivityLine {
  planned: { start: Instant; end: Instant } | null;
  zone: { start: Instant; end: Instant } | null;
  low: number;
  title: string;
  training_kind: string | null;
  /** Who signed in to a meeting. */
  attendance: { person: string; name: string; school: string; room: string; minutes: number }[];
  rooms: RoomEvidence[];
  words: Word[];
  adjustments: Adjustment[];
  sources: string[];
  files: FileRef[];
  link: string | null;
  hand: { by_name: string; at: Instant; reason: string; class_name: string; students: number; teachers: number } | null;
  recording: { files: number; seconds: number; verdict: string[]; erased: string[] } | null;
  /** 专递, 名师: what the class watched, in seconds of the video. */
  viewing: { resource: string; class_name: string; length_s: number; watched_s: number; plays: { began_at: Instant; ended_at: Instant; classroom_name: string; students: number | null; parts_s: [number, number][] }[] } | null;
  counted_in: { month: Month; state: "open" | "frozen" };
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** A record behind a number: kind and id, what to call it, and what it adds. */
export interface Part {
  ref: string;
  label: string;
  /** What it adds to the value; of a text: the text. */
  value: number | string;
  /** That of 补计 or 冲减, whose reference is its own. */
  activity: string | null;
}

export interface ReturnCell {
  value: CellValue;
  computed: CellValue;
  /** A text, or the ticked boxes. */
  printed: string | string[];
  hand: { value: CellValue; reason: string; by_name: string; at: Instant } | null;
  parts: Part[];
}

export type CellValue = number | string | boolean | string[] | null;

export interface MonthInfo {
  month: Month;
  first: string;
  last: string;
  school_due_at: Instant;
  bureau_due_at: Instant;
  is_provisional: boolean;
  state: "future" | "open" | "due" | "overdue" | "sent";
  is_shifted: boolean;
}

export const KINDS: readonly Kind[] = ["sync", "delivery", "master", "training"];

import type { Rung } from "./ladder";

// What the server says and what a page may say: the JSON of docs/protocol.md, and nothing else.

export type LessonState = "scheduled" | "open" | "live" | "ended";
export type Source = "camera" | "screen" | "board" | "students" | "stand" | "phone";
export type Fault = "no_sound" | "no_picture" | "other";
export type Instant = string; // ISO 8601 with offset

export interface Headcount {
  students: number;
  teachers: number;
}

export interface StreamView {
  source: Source;
  state: "flowing" | "stalled";
  audio: boolean;
  video: boolean;
}

export interface SeatView {
  seat: string;
  role: "host" | "rural";
  school: string;
  classroom: string;
  class_name: string;
  present: boolean;
  left_at: Instant | null;
  muted: boolean;
  help: Fault | null;
  students: number | null;
  headcount: Headcount | null;
  streams: StreamView[];
  rung: Rung;
  code: string | null;
  join: string | null;
}

export interface MissingConsent {
  seat: string;
  school: string;
  class_name: string;
}

export interface RecordingState {
  on: boolean;
  wanted: boolean;
  /** Why nothing can be written although it is on; the server tries again by itself. */
  problem: "disk_full" | "write_failed" | null;
  missing_consent: MissingConsent[];
}

export interface LessonView {
  lesson: string;
  seq: number;
  state: LessonState;
  subject: string;
  is_test: boolean;
  now: Instant;
  planned: { start: Instant; end: Instant }[];
  opened_at: Instant | null;
  started_at: Instant | null;
  ended_at: Instant | null;
  supporter: { school: string };
  stage: string | null;
  hands: { seat: string; at: Instant }[];
  recording: RecordingState;
  seats: SeatView[];
}

export interface LinkFigures {
  up_kbps: number;
  down_kbps: number;
  loss: number; // 0..1
  rtt_ms: number | null;
  by_tcp: boolean;
}

/** Who watches the lesson: by name who came from the bureau's desk, and how many with the observers' link. */
export interface Observers {
  names: string[];
  unnamed: number;
}

export interface ErrorMessage {
  code: string;
  title: string;
  detail: string; // the English sentence
}

export type ServerMessage =
  | { type: "welcome"; seat: string | null; role: string; lesson: LessonView; recording_notice: boolean; ice_servers: RTCIceServer[] }
  | { type: "lesson"; lesson: LessonView }
  | { type: "links"; seats: Record<string, LinkFigures> }
  | ({ type: "observers" } & Observers)
  | { type: "still"; seat: string; source: Source; version: number }
  | { type: "layers"; source: Source; active: string[] }
  | { type: "replaced" }
  | ({ type: "error" } & ErrorMessage)
  | { type: "pong"; t: number; now: Instant }
  | { type: "closing" };

export type ClientMessage =
  | { type: "hello"; token: string; device: string; version: 1 }
  | { type: "start" }
  | { type: "end" }
  | { type: "raise_hand" }
  | { type: "lower_hand"; seat?: string }
  | { type: "set_stage"; seat: string | null }
  | { type: "mute"; seat: string | null; muted: boolean }
  | { type: "headcount"; seat?: string; students: number; teachers: number }
  | { type: "help"; fault: Fault }
  | { type: "answer_help"; seat: string }
  | { type: "note_consent"; seat: string | null; by_name: string }
  | { type: "record"; on: boolean }
  | { type: "want"; session: string; height: number }
  | { type: "ping"; t: number };

// HTTP API

export interface Me {
  role: string;
  school: { id: string; name: string } | null;
  classroom: { id: string; name: string } | null;
  lesson: string | null;
  seat: string | null;
}

export interface ClassChoice {
  id: string;
  name: string;
  students: number | null;
}

export interface ClassroomChoices {
  own: { school: string; classes: ClassChoice[] };
  pairs: {
    pair: string;
    school: string;
    level: string | null;
    status: string;
    classrooms: { id: string; name: string; classes: ClassChoice[] }[];
  }[];
}

export interface Activity {
  pair: string;
  supporter: string;
  recipient: string;
  state: "counted" | "pending" | "not_counted";
  minutes: number;
  participants: number;
  month: string;
  subject: string | null;
  flags: { code: string; text: string }[];
  reason: string;
  reason_en: string;
}

export interface LessonRow {
  lesson: string;
  state: LessonState;
  subject: string;
  start: Instant;
  end: Instant | null;
  class_name: string;
  is_test: boolean;
  cancelled: boolean;
  seats: { school: string; classroom: string }[];
  activities: Activity[];
  recording: boolean;
}

export interface Recording {
  file: string;
  seat: string;
  source: Source;
  offset_s: number;
  seconds: number;
  gaps: { from_s: number; to_s: number }[];
}

export interface LessonSummary {
  lesson: string;
  state: LessonState;
  /** Its activities are judged. */
  settled: boolean;
  minutes: number;
  seats: { seat: string; school: string; classroom: string; minutes: number; students: number | null; teachers: number | null }[];
  activities: Activity[];
  recordings: Recording[];
}

/** A registered classroom by its id, or any other by its school's name. */
export type Recipient = ({ classroom_id: string } | { school: string; classroom?: string }) & { class_name?: string; class_size?: number };

export interface NewLesson {
  class_name: string;
  class_size: number;
  class_id?: string;
  subject: string;
  minutes: number;
  recipients: Recipient[];
  record: boolean;
  consent_by?: string;
  is_test?: boolean;
}

export interface CreatedLesson {
  lesson: string;
  teacher: { page: string; whip: string; token: string };
  observer: { page: string };
}

export interface RoomNext {
  lesson: string;
  state: LessonState;
  subject: string;
  start: Instant;
  end: Instant | null;
  supporter: string;
}

export interface Room {
  classroom: string;
  school: string;
  seat: string;
  next: RoomNext | null;
  now: Instant;
}

/** The twelve boxes of the paper form, in its order; the key is what the server stores. */
export const SUBJECTS = ["语", "数", "英", "科", "品德", "音", "体", "美", "劳技", "信息技术", "拓展课程", "其他"] as const;

export const TEACHER_SEAT = "teacher";

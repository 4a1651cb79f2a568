import type { Paper, PenTool, Stroke } from "./courseware/shapes";
import type { Rung } from "./ladder";

// What the server says and what a page may say: the JSON of docs/protocol.md, and nothing else.

export type LessonState = "scheduled" | "open" | "live" | "ended";
export type Source = "camera" | "screen" | "board" | "students" | "stand" | "phone" | "talk";
export type Fault = "no_sound" | "no_picture" | "other";
export type Training = (typeof TRAININGS)[number];
export type Instant = string; // ISO 8601 with offset
export type QuestionKind = "choice" | "true_false" | "number" | "text";

export interface Headcount {
  students: number;
  teachers: number;
}

/** Who has signed in to a meeting of teachers. */
export interface PersonView {
  person: string;
  name: string;
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
  praises: number;
  /** Which camera is its picture, where it is sent. */
  shown: Source;
  people: PersonView[];
  streams: StreamView[];
  rung: Rung;
  code: string | null;
  join: string | null;
}

export interface MissingConsent {
  /** Its school has taken the consent back: no teacher can note it. */
  withdrawn: boolean;
  seat: string;
  school: string;
  class_name: string;
}

export interface RecordingState {
  on: boolean;
  wanted: boolean;
  /** Why nothing can be written although it is on; the server tries again by itself. */
  problem: "disk_full" | "disk_low" | "write_failed" | null;
  missing_consent: MissingConsent[];
  /** Seconds after the recording was stopped. */
  verdict: RecordingVerdict | null;
}

/** What is wrong with what is being recorded right now. */
export type RecordingFault = "silent" | "black" | "dark" | "frozen";

/** On a recording; `words` say it all in Chinese, with the rooms' names. */
export interface RecordingVerdict {
  ok: boolean;
  missing_s: number;
  words: string;
  flaws: { seat: string; source: Source; what: string; at: Instant; seconds: number; words: string }[];
  /** What the pages have put back later. */
  healed: string[];
}

/** The question on the screens; its words are fetched. `tallies` and `answer` are the teacher's until they are shown. */
export interface QuizView {
  quiz: string;
  question: number;
  questions: number;
  kind: QuestionKind;
  options: number;
  seconds: number | null;
  asked_at: Instant;
  shown: boolean;
  answer: number | null;
  tallied: string[];
  tallies: { seat: string; counts: number[]; number: number | null }[];
}

export interface PagesView {
  /** The page on every screen. */
  shown: string | null;
  /** Another one whenever the row of pages is another one; 0: there are none. */
  version: number;
  /** The classrooms that may write. */
  writers: string[];
}

/** How far the run of the lesson (备课) is; steps by their places. */
export interface PlanNow {
  /** Another one whenever the plan is another one; 0: there is none. */
  version: number;
  step: number | null;
  since: Instant | null;
  /** Of each step the seconds before `since`. */
  spent_s: number[];
}

export interface LessonView {
  lesson: string;
  seq: number;
  state: LessonState;
  subject: string;
  title: string;
  /** A meeting of teachers (教师网络研修) of this kind; null: a lesson. */
  training: Training | null;
  is_test: boolean;
  now: Instant;
  planned: { start: Instant; end: Instant }[];
  opened_at: Instant | null;
  started_at: Instant | null;
  ended_at: Instant | null;
  /** When it ends by itself; null: never. */
  closes_at: Instant | null;
  extended_min: number;
  supporter: { school: string };
  stage: string | null;
  layout: ScreenLayout;
  /** 轮流: minutes of a turn; null: nobody takes turns. */
  rotation: number | null;
  chat: { closed: boolean; lines: number };
  /** 对讲: whose co-teacher has a private line to the teacher. */
  talk: string | null;
  /** The last draw. */
  drawn: { seat: string; at: Instant } | null;
  hands: { seat: string; at: Instant }[];
  recording: RecordingState;
  pages: PagesView;
  plan: PlanNow;
  seats: SeatView[];
  quiz: QuizView | null;
  homework: { homework: string; works: number; marked: number }[];
  /** What of the homework lies on a seat's screen; without a work the task itself. */
  desks: { seat: string; homework: string; work: string | null }[];
}

export interface LinkFigures {
  up_kbps: number;
  down_kbps: number;
  loss: number; // 0..1
  rtt_ms: number | null;
  by_tcp: boolean;
}

/** How long a seat has spoken; `last_at` is null when it has not yet. */
export interface VoiceFigures {
  spoke_s: number;
  last_at: Instant | null;
}

/** A line of the chat; `to`: private between the teacher and this seat's co-teacher. */
export interface ChatLine {
  id: string;
  role: "teacher" | "classroom" | "assistant";
  seat: string;
  to: string | null;
  text: string;
  at: Instant;
  hidden: boolean;
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

/** What only the parts that show pages care for. */
export type PageMessage =
  | { type: "stroke_drawn"; seq: number; page: string; stroke: Stroke }
  | { type: "strokes_erased"; seq: number; page: string; strokes: number[] }
  | { type: "page_cleared"; seq: number; page: string }
  | { type: "pointed"; seat: string; page: string; at: [number, number] | null }
  | { type: "sketched"; seat: string; page: string; ref: string; tool: PenTool; colour: string; width: number; points: string }
  | { type: "held"; seats: Record<string, [number, number]> };

export type ServerMessage =
  | PageMessage
  | { type: "welcome"; seat: string | null; role: string; lesson: LessonView; recording_notice: boolean; ice_servers: RTCIceServer[] }
  | { type: "lesson"; lesson: LessonView }
  | { type: "links"; seats: Record<string, LinkFigures> }
  | { type: "voices"; seats: Record<string, VoiceFigures> }
  | { type: "chat"; line: ChatLine }
  | ({ type: "observers" } & Observers)
  | { type: "still"; seat: string; source: Source; version: number }
  | { type: "layers"; source: Source; active: string[] }
  | { type: "warnings"; seats: Record<string, RecordingFault[]> }
  | { type: "replaced" }
  | ({ type: "error" } & ErrorMessage)
  | { type: "pong"; t: number; now: Instant }
  | { type: "closing" };

export type ClientMessage =
  | { type: "hello"; token: string; device: string; version: 1 }
  | { type: "start" }
  | { type: "extend"; minutes: number }
  | { type: "end" }
  | { type: "raise_hand" }
  | { type: "lower_hand"; seat?: string }
  | { type: "set_stage"; seat: string | null }
  | { type: "set_step"; step: number | null }
  | { type: "draw" }
  | { type: "praise"; seat: string }
  | { type: "spotlight"; seat: string; source: Source }
  | { type: "layout"; layout: ScreenLayout }
  | { type: "rotate"; minutes: number | null }
  | { type: "say"; text: string; to?: string }
  | { type: "hide_line"; line: string }
  | { type: "close_chat"; closed: boolean }
  | { type: "talk"; seat: string | null }
  | { type: "mute"; seat: string | null; muted: boolean }
  | { type: "headcount"; seat?: string; students: number; teachers: number }
  | { type: "sign_in"; person: string; present: boolean }
  | { type: "help"; fault: Fault }
  | { type: "answer_help"; seat: string }
  | { type: "note_consent"; seat: string | null; by_name: string }
  | { type: "record"; on: boolean }
  | { type: "camera"; on: boolean }
  | { type: "want"; session: string; height: number }
  | { type: "ask_question"; question: number }
  | { type: "tally"; quiz: string; question: number; counts: number[]; number?: number; seat?: string }
  | { type: "show_quiz"; shown: boolean }
  | { type: "close_quiz" }
  | { type: "show_homework"; homework?: string; work?: string; seat?: string }
  | { type: "show_page"; page: string | null }
  | { type: "add_page"; page: string; paper: Paper }
  | { type: "draw_stroke"; page: string; ref: string; tool: PenTool; colour: string; width: number; points: string }
  | { type: "erase"; page: string; strokes: number[] }
  | { type: "clear_page"; page: string }
  | { type: "allow_drawing"; seat: string; allowed: boolean }
  | { type: "point"; page: string; at: readonly [number, number] | null }
  | { type: "sketch"; page: string; ref: string; tool: PenTool; colour: string; width: number; points: string }
  | { type: "pages_held"; held: number; of: number }
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
  title: string;
  training: Training | null;
  start: Instant;
  end: Instant | null;
  class_name: string;
  is_test: boolean;
  cancelled: boolean;
  seats: { school: string; classroom: string }[];
  activities: Activity[];
  recording: boolean;
  verdict: RecordingVerdict | null;
  kept: KeptNote | null;
}

/** How long a recording is kept. `due_on`: when it is erased; null while something stands against that. */
export interface KeptNote {
  state: "kept" | "erasing" | "erased";
  due_on: string | null;
  is_warned: boolean;
  is_asked: boolean;
  is_sealed: boolean;
  is_published: boolean;
  fault: "missing" | "changed" | null;
  erased_on: string | null;
  rule: "retention" | "consent" | "decision" | null;
}

export interface Recording {
  file: string;
  seat: string;
  source: Source;
  offset_s: number;
  seconds: number;
  gaps: { from_s: number; to_s: number }[];
}

export interface SeatSummary {
  seat: string;
  school: string;
  classroom: string;
  minutes: number;
  students: number | null;
  teachers: number | null;
  /** Null where nothing tells it. */
  spoke_s: number | null;
  stage_s: number;
  calls: number;
  hands: number;
  praises: number;
}

export interface LessonSummary {
  lesson: string;
  state: LessonState;
  /** Its activities are judged. */
  settled: boolean;
  minutes: number;
  seats: SeatSummary[];
  activities: Activity[];
  recordings: Recording[];
  verdict: RecordingVerdict | null;
  kept: KeptNote | null;
}

export type Layout = "teacher" | "slides" | "classrooms";

/** An MP4 of a lesson. `done`: 0 to 1; `left_s`: the estimate of what remains; `problem`: why there is none. */
export interface ExportLine {
  id: string;
  layout: Layout;
  pupils: boolean;
  state: "waiting" | "running" | "ready" | "failed";
  done: number;
  left_s: number | null;
  bytes: number | null;
  seconds: number | null;
  problem: { code: string; title: string; title_en: string } | null;
}

/** A registered classroom by its id, or any other by its school's name. */
export type Recipient = ({ classroom_id: string } | { school: string; classroom?: string }) & { class_name?: string; class_size?: number };

export interface NewLesson {
  class_name?: string;
  class_size?: number;
  class_id?: string;
  subject: string;
  training?: Training;
  title?: string;
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
  /** The last check before class. */
  checked: { at: Instant; passed: boolean } | null;
  now: Instant;
}

/** The twelve boxes of the paper form, in its order; the key is what the server stores. */
export const SUBJECTS = ["语", "数", "英", "科", "品德", "音", "体", "美", "劳技", "信息技术", "拓展课程", "其他"] as const;

/** How a classroom's screen is laid out. */
export const LAYOUTS = ["lecture", "equal", "pip"] as const;
export type ScreenLayout = (typeof LAYOUTS)[number];
/** The kinds of a meeting of teachers, as the paper form prints them; the key is what the server stores. */
export const TRAININGS = ["集体备课", "教学诊断", "主题研修"] as const;

export const TEACHER_SEAT = "teacher";

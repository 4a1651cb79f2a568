import type { LessonPage, Stroke } from "../courseware/shapes";
import type { Instant, Source } from "../protocol";

// The JSON of /api/v1/recordings.

export type Missing = "audio" | "video" | "both";

export interface Gap {
  from_s: number;
  to_s: number;
  kind: Missing;
  /** The file that stands in for it, uploaded later by the seat's own page; null where it is missing still. */
  healed_by: string | null;
}

export interface PlayedFile {
  name: string;
  /** Where its own zero lies in the recording; it plays from `from_s` to `to_s` of that. */
  offset_s: number;
  from_s: number;
  to_s: number;
  healed: boolean;
  audio: boolean;
  video: boolean;
}

export interface PlayedStream {
  seat: string;
  source: Source;
  school: string;
  classroom: string;
  files: PlayedFile[];
  gaps: Gap[];
}

export interface Strip {
  seat: string;
  source: Source;
  sheets: string[];
  at_s: number[];
}

export interface Preview {
  poster: string | null;
  strips: Strip[];
  chapters: number[];
  width: number;
  height: number;
  per_row: number;
  per_sheet: number;
}

export interface Played {
  lesson: string;
  subject: string;
  supporter: string;
  class_name: string;
  started_at: Instant;
  seconds: number;
  viewer: string;
  may_comment: boolean;
  is_whole: boolean;
  /** A file is not what it was when the lesson was over. */
  fault: "missing" | "changed" | null;
  streams: PlayedStream[];
  preview: Preview | null;
}

/** What was shown of courseware and whiteboard, no turns: nothing was; and where steps of the plan began. */
export interface PlayedPages {
  pages: LessonPage[];
  turns: { at_s: number; page: string | null }[];
  ink: { at_s: number; page: string; drawn: Stroke | null; erased: number[] | null }[];
  chapters: number[];
  steps: { at_s: number; title: string }[];
}

export const VERDICTS = ["good", "rather_good", "fair", "weak"] as const;

/** What somebody writes of the teaching of a lesson as a whole; `at_s`: where a step begins in the recording. */
export interface ReviewForm {
  steps: { title: string; at_s: number | null; text: string }[];
  sides: { name: string; verdict: (typeof VERDICTS)[number] | null }[];
  strengths: string;
  advice: string;
  /** The meeting of teachers that it was made for. */
  meeting: string | null;
}

export interface Review {
  id: string;
  author_name: string;
  state: "draft" | "submitted";
  form: ReviewForm;
  saved_at: Instant;
  submitted_at: Instant | null;
  is_own: boolean;
  may_remove: boolean;
}

export interface Reviews {
  reviews: Review[];
  blank: ReviewForm;
  meetings: { lesson: string; title: string; start: Instant }[];
}

export interface Comment {
  id: string;
  at_s: number;
  text: string;
  author_name: string;
  created_at: Instant;
  is_own: boolean;
  may_remove: boolean;
}

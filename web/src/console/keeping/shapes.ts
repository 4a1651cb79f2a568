import type { Instant } from "../ledger/shapes";

// Recordings as they are kept, and the register of consents, as the API answers.

export type Which = "all" | "waiting" | "ending" | "held" | "faulty" | "erased";
export type Purpose = "recording" | "publication";

export interface Publication {
  id: string;
  pupils: boolean;
  state: "asked" | "approved" | "refused" | "withdrawn";
  waits_for: ("school" | "bureau")[];
  reason: string;
  asked_at: Instant;
  ended_at: Instant | null;
  word: string | null;
}

export interface KeptLine {
  lesson: string;
  subject: string;
  supporter: string;
  class_name: string;
  schools: string[];
  start: Instant;
  state: "kept" | "erasing" | "erased";
  /** The caller's school taught the lesson; of the bureau always. */
  is_own: boolean;
  bytes: number | null;
  verdict: string | null;
  due_on: string | null;
  days_left: number | null;
  is_warned: boolean;
  hold: { at: Instant; reason: string } | null;
  seals: { class_id: string; class_name: string; school: string; is_ours: boolean }[];
  extension: { state: "asked" | "granted" | "refused"; asked_at: Instant; reason: string; until: string | null } | null;
  publications: Publication[];
  checked_at: Instant | null;
  fault: "missing" | "changed" | null;
  erased_at: Instant | null;
  rule: "retention" | "consent" | "decision" | null;
  erase_reason: string | null;
}

export interface KeptCounts {
  waiting: number;
  ending: number;
  held: number;
  faulty: number;
  keep_days: number;
  notice_days: number;
}

export interface ConsentEntry {
  standing: "none" | "good" | "refused" | "expired" | "withdrawn";
  given_on: string | null;
  until: string | null;
  refused: number;
  arranged: boolean;
  form: string | null;
  form_name: string | null;
  reference: string;
  noted_by: string;
  noted_at: Instant | null;
  withdrawn_at: Instant | null;
  withdrawn_reason: string | null;
}

export interface ConsentLine {
  class_id: string;
  class_name: string;
  school: string;
  school_name: string;
  students: number | null;
  recording: ConsentEntry;
  publication: ConsentEntry;
}

export interface NewConsent {
  class_id: string;
  purpose: Purpose;
  given_on: string;
  until?: string;
  refused: number;
  arranged: boolean;
  form?: string;
  reference: string;
  noted_by: string;
}

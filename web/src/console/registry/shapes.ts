import type { Finding, Measured } from "../../check/shapes";
import type { Instant } from "../ledger/shapes";
import type { JsonSchema } from "./schema";

// The registry's JSON as docs/api.md has it. Dates are local dates of the county.

export type FactSubject = "school" | "pair";
/** JSON. */
export type FactValue = string | number | boolean | null | readonly unknown[] | { readonly [name: string]: unknown };

/** One row of a dated attribute: what has been true since a day, who recorded it and when. */
export interface Fact {
  id: string;
  field: string;
  since: string;
  value: FactValue;
  recorded_at: Instant;
  actor: string;
  by_name: string;
  reason: string;
}

/** What a field is called and, as JSON Schema, what may stand in it. */
export interface Field {
  name: string;
  subject: FactSubject;
  label: string;
  label_en: string;
  choices: string[];
  /** The school's own officer may say it. */
  is_school_kept: boolean;
  schema: JsonSchema;
}

export interface SchoolLine {
  id: string;
  name: string;
  county: string | null;
  is_own: boolean;
  is_rural: boolean | null;
  is_small: boolean | null;
  /** Exactly 100 pupils. */
  is_at_limit: boolean;
  stage: string | null;
  pupils: number | null;
  missing: string[];
  /** The verdict in force today, and since when. */
  equipment: { verdict: string; valid_until: string | null; since: string } | null;
}

export interface SchoolDetail extends SchoolLine {
  facts: Fact[];
}

export interface PairLine {
  id: string;
  supporter: string;
  supporter_name: string;
  recipient: string | null;
  recipient_name: string | null;
  /** Where the school will be, while 待定. */
  district: string | null;
  level: string | null;
  status: string | null;
  stage: string | null;
  round: number | null;
  missing: string[];
}

export interface PairDetail extends PairLine {
  statuses: { since: string; status: string }[];
  facts: Fact[];
}

export interface ClassLine {
  id: string;
  school: string;
  name: string;
  students: number | null;
  sizes: { since: string; students: number }[];
}

export interface PersonLine {
  id: string;
  school: string;
  name: string;
  kind: string;
  phone: string | null;
  left_on: string | null;
}

export interface MaterialLine {
  id: string;
  school: string;
  school_name: string;
  pair: string | null;
  title: string;
  file: string;
  uploaded_at: Instant;
  removed_at: Instant | null;
}

export const OUTLET_LEVELS = ["school", "county", "city", "province"] as const;

export interface PublicityLine {
  id: string;
  pair: string | null;
  level: (typeof OUTLET_LEVELS)[number];
  outlet: string;
  title: string;
  url: string;
  published_on: string;
}

/** What a room, or a teacher's own PC, measured before class. */
export interface CheckLine {
  id: string;
  at: Instant;
  school: string;
  classroom: string | null;
  classroom_name: string | null;
  passed: boolean;
  measured: Measured;
  findings: Finding[];
}

export interface StandardItem {
  code: string;
  text: string;
  required: boolean;
  how: string;
  threshold: string;
}

export interface Standard {
  version: number;
  title: string;
  items: StandardItem[];
}

export type Effect = "new" | "same" | "changed" | "ask" | "refused";

/** A name that looks like a registered one: the same school? A person answers, never the program. */
export interface Question {
  name: string;
  candidate: string;
}

export interface ImportLine {
  /** Of the file, from 1. */
  line: number;
  effect: Effect;
  text: string;
  notes: string[];
  missing: string[];
  questions: Question[];
}

export interface ImportReport {
  digest: string;
  since: string;
  is_applied: boolean;
  counts: Record<Effect, number>;
  lines: ImportLine[];
}

export interface ImportWanted {
  kind: string;
  /** From when on what is new holds. */
  since: string;
  /** A school's 学段 is taken from its name where the name says it. */
  stages: boolean;
  /** A name in the list → the school it is another writing of; null: a school of its own. */
  same: Record<string, string | null>;
}

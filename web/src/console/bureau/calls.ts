import { call } from "../api";
import { query } from "../ledger/calls";
import type { CellValue, Instant, Kind, Month, MonthInfo, ReturnCell } from "../ledger/shapes";
import type { Sheet } from "../PaperSheet.vue";
import type { Filed, FilingState, ReturnLine } from "../school/calls";

// The bureau's calls of the API.

export interface KindTotal {
  kind: Kind;
  words: string;
  unit: string;
  count: number;
  participants: number;
  last_count: number;
  last_participants: number;
  year_count: number;
  target: number | null;
}

export interface RoomUnderWay {
  role: "host" | "rural";
  school: string;
  classroom: string;
  class_name: string;
  present: boolean;
  needs_help: boolean;
  students: number | null;
}

/** A lesson that goes on now. `observers` came from this desk. */
export interface LessonUnderWay {
  lesson: string;
  state: "open" | "live";
  subject: string;
  supporter: string;
  class_name: string;
  opened_at: Instant | null;
  started_at: Instant | null;
  planned_end: Instant | null;
  is_test: boolean;
  is_recorded: boolean;
  rooms: RoomUnderWay[];
  observers: string[];
  unnamed_observers: number;
}

export interface Todo {
  code: string;
  text: string;
  month: Month;
  pair: string | null;
  pair_name: string;
  due_at: Instant | null;
  days_left: number | null;
}

export interface Filing {
  total: number;
  draft: number;
  submitted: number;
  returned: number;
  received: number;
  locked: number;
  overdue: number;
  unconfirmed: number;
}

export interface Coverage {
  own_schools: number;
  task: number | null;
  task_rate: string;
  rate: string;
  goal20: number | null;
  goal28: number | null;
  goal_min: number;
  school_total: number | null;
  county_pairs: number;
  pairs: number;
  county_rate: string;
  county_goal: number;
}

export interface Flag {
  code: string;
  text: string;
  pair: string | null;
  pair_name: string;
  activity: string | null;
}

export interface Overview {
  month: MonthInfo;
  kinds: KindTotal[];
  todo: Todo[];
  filing: Filing;
  coverage: Coverage;
  flags: Flag[];
  pending: number;
  proposed: number;
}

export interface MatrixCell {
  month: Month;
  count: number;
  participants: number;
  pending: number;
  filing: FilingState;
}

export interface MatrixRow {
  pair: string;
  supporter: string;
  recipient: string | null;
  level: string | null;
  status: string | null;
  is_ours: boolean;
  cells: MatrixCell[];
  count: number;
  participants: number;
  target: number | null;
}

export interface Matrix {
  year: number;
  months: Month[];
  rows: MatrixRow[];
}

export type BureauState = "draft" | "signed" | "sent";

export interface ReturnList {
  month: MonthInfo;
  items: ReturnLine[];
  bureau: { state: BureauState; version: number; sent_at: Instant | null; on_time: boolean | null };
}

export type Totals = Record<string, CellValue>;

export interface BureauReturn {
  form: "annex2";
  month: MonthInfo;
  state: BureauState;
  version: number;
  frozen: boolean;
  filer: string | null;
  cells: Record<string, ReturnCell>;
  missing: { cell: string; text: string }[];
  notes: string[];
  history: Filed[];
  may: string[];
  compare: Record<"any_side" | "recipient_side", { sum: Totals; distinct: Totals }>;
  sheet: Sheet;
}

export const readOverview = (month: Month): Promise<Overview> => call("GET", `/overview${query({ month })}`);
export const readMatrix = (year: number, kind: Kind): Promise<Matrix> => call("GET", `/matrix${query({ year, kind })}`);
export const listReturns = (month: Month): Promise<ReturnList> => call("GET", `/returns${query({ month })}`);
export const readBureauReturn = (month: Month): Promise<BureauReturn> => call("GET", `/returns/${month}/bureau`);
export const putBureauCells = (month: Month, version: number, cells: Record<string, { value: CellValue; reason: string } | null>): Promise<BureauReturn> => call("PUT", `/returns/${month}/bureau/cells`, { version, cells });
export const actOnBureau = (month: Month, action: string, body: object): Promise<BureauReturn> => call("POST", `/returns/${month}/bureau/${action}`, body);
export const bureauPaper = (month: Month, format: string): string => `/api/v1/returns/${month}/bureau/paper?format=${format}`;
export const blankPaper = (form: "annex2" | "annex3", format: string): string => `/api/v1/returns/blank?form=${form}&format=${format}`;
export interface Reminders {
  items: { text: string }[];
}
export const readReminders = (month: Month): Promise<Reminders> => call("GET", `/reminders${query({ month })}`);

export interface DayInfo {
  day: string;
  is_working: boolean;
  words: string;
  is_entered: boolean;
}

export interface YearMonthInfo extends MonthInfo {
  is_edited: boolean;
}

export interface CalendarYear {
  year: number;
  version: number;
  by_name: string;
  at: Instant | null;
  is_known: boolean;
  days: DayInfo[];
  months: YearMonthInfo[];
}

export interface WindowEdit {
  month: Month;
  first: string;
  last: string;
  school_due_at: Instant;
  bureau_due_at: Instant;
}

export const readCalendar = (year: number): Promise<CalendarYear> => call("GET", `/calendar${query({ year })}`);
export const putDays = (body: { version: number; days: { day: string; is_working: boolean | null; words: string }[]; complete: number[]; reason: string }): Promise<null> => call("PUT", "/calendar/days", body);
export const putWindows = (body: { version: number; months: WindowEdit[]; reason: string }): Promise<null> => call("PUT", "/calendar/windows", body);

export type PolicyValue = Record<string, unknown>;

export interface PolicyView {
  version: number;
  value: PolicyValue;
  by_name: string;
  at: Instant | null;
}

export const readPolicy = (): Promise<PolicyView> => call("GET", "/policy");
export const putPolicy = (body: { version: number; value: PolicyValue; reason: string }): Promise<PolicyView> => call("PUT", "/policy", body);

export interface ProgressKind {
  kind: Kind;
  words: string;
  count: number;
  participants: number;
  reported: number;
  target: number | null;
}

export interface ProgressRow {
  pair: string;
  supporter: string;
  recipient: string;
  level: string | null;
  kinds: ProgressKind[];
  subjects: string[];
  forms: number;
  missing: string[];
}

export interface Progress {
  year: number;
  due_on: string;
  rows: ProgressRow[];
}

export const readProgress = (year: number): Promise<Progress> => call("GET", `/progress${query({ year })}`);

export const lessonsUnderWay = (): Promise<{ lessons: LessonUnderWay[] }> => call("GET", "/live");

/** A page of one's own into a lesson; its teacher is told who watches. */
export const lookInto = (lesson: string): Promise<{ page: string }> => call("POST", `/live/${encodeURIComponent(lesson)}/observe`);

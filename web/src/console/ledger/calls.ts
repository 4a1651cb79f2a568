import { call } from "../api";
import type { ActivityDetail, ActivityLine, ActivityState, FileRef, Kind, MonthInfo, Numbers, Page, Proposal, Word, WordKind } from "./shapes";

// The ledger's calls of the API; pages name no addresses of their own.

export interface Wanted {
  month?: string;
  pair?: string;
  school?: string;
  kind?: Kind;
  state?: ActivityState;
  mark?: string;
  lesson?: string;
  from?: string;
  to?: string;
  after?: string;
  limit?: number;
}

/** "?month=2019-05&kind=sync": what is empty is left out. */
export function query(values: object): string {
  const found = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return found.length ? `?${new URLSearchParams(found.map(([name, value]) => [name, String(value)]))}` : "";
}

export const listActivities = (wanted: Wanted): Promise<Page<ActivityLine>> => call("GET", `/activities${query(wanted)}`);
export const tableOfActivities = (wanted: Wanted): string => `/api/v1/activities${query({ ...wanted, format: "csv" })}`;
export const readActivity = (id: string): Promise<ActivityDetail> => call("GET", `/activities/${encodeURIComponent(id)}`);

export interface QuizTermLine {
  started_at: string;
  lesson: string;
  title: string;
  subject: string;
  school: string;
  class_name: string;
  questions: number;
  asked: number;
  right: number;
  out_of: number;
  rate: string;
}

export async function quizTerm(wanted: { from: string; to: string }): Promise<QuizTermLine[]> {
  const found: QuizTermLine[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page: Page<QuizTermLine> = await call("GET", `/quiz-results${query({ ...wanted, after, limit: 200 })}`);
    found.push(...page.items);
    after = page.next;
  }
  return found;
}
export const tableOfQuizzes = (wanted: { from: string; to: string }): string => `/api/v1/quiz-results${query({ ...wanted, format: "xlsx" })}`;

export interface NewWord {
  kind: WordKind;
  reason: string;
  version: number;
  students?: Numbers;
  teachers?: Numbers;
  rooms?: string[];
  subject?: string[];
  is_test?: boolean;
  is_cancelled?: boolean;
  files?: string[];
  link?: string;
}

export const sayWord = (activity: string, word: NewWord): Promise<Word> => call("POST", `/activities/${encodeURIComponent(activity)}/words`, word);
export const decideWord = (id: string, verdict: "approve" | "refuse", reason: string): Promise<unknown> => call("POST", `/words/${encodeURIComponent(id)}/${verdict}`, { reason });

export const proposedWords = (): Promise<Page<Proposal>> => call("GET", "/words?state=proposed");

export interface HandActivity {
  kind: Kind;
  pair: string;
  date: string;
  start: string;
  end: string;
  class_name?: string;
  class_id?: string;
  subjects: string[];
  students: number;
  teachers: number;
  title: string;
  training_kind?: string;
  files?: string[];
  link?: string;
  reason: string;
}

export const enterActivity = (activity: HandActivity): Promise<ActivityDetail> => call("POST", "/activities", activity);

export const readMonths = (): Promise<{ months: MonthInfo[]; current: string }> => call("GET", "/months");

/** The file's content under its id; reading it is logged. */
export const fileAddress = (file: FileRef): string => `/api/v1/files/${encodeURIComponent(file.id)}`;

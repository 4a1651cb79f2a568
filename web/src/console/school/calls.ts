import { call } from "../api";
import type { Sheet } from "../PaperSheet.vue";
import type { CellValue, Instant, Month, MonthInfo, ReturnCell } from "../ledger/shapes";

// The calls of the monthly return (附件3) of a pair.

export type FilingState = "draft" | "submitted" | "returned" | "received" | "locked";

export interface ReturnLine {
  pair: string;
  supporter: string;
  recipient: string | null;
  level: string | null;
  state: FilingState;
  filed_at: Instant | null;
  on_time: boolean | null;
  version: number;
  sync_count: number;
  participants: number;
  missing: string[];
  filer: string | null;
  unconfirmed: boolean;
}

export interface Filed {
  version: number;
  action: string;
  words: string;
  at: Instant;
  by_name: string;
  reason: string | null;
  on_time: boolean | null;
}

export interface ClassLine {
  class_id: string;
  name: string;
  school_name: string;
  lessons: number;
  minutes: number;
  busiest: string;
  busiest_minutes: number;
}

export interface SchoolReturn {
  form: "annex3";
  month: MonthInfo;
  pair: string;
  supporter: string;
  recipient: string | null;
  state: FilingState;
  version: number;
  frozen: boolean;
  filer: string | null;
  cells: Record<string, ReturnCell>;
  missing: { cell: string; text: string }[];
  notes: string[];
  history: Filed[];
  may: string[];
  classes: ClassLine[];
  sheet: Sheet;
}

export const listReturns = (month: Month): Promise<{ month: MonthInfo; items: ReturnLine[] }> => call("GET", `/returns?month=${month}`);
const address = (month: Month, pair: string): string => `/returns/${month}/${encodeURIComponent(pair)}`;
export const readReturn = (month: Month, pair: string): Promise<SchoolReturn> => call("GET", address(month, pair));
export const putCells = (month: Month, pair: string, version: number, cells: Record<string, { value: CellValue; reason: string } | null>): Promise<SchoolReturn> => call("PUT", `${address(month, pair)}/cells`, { version, cells });
export const act = (month: Month, pair: string, action: string, body: object): Promise<SchoolReturn> => call("POST", `${address(month, pair)}/${action}`, body);
export const paperAddress = (month: Month, pair: string, format: "xlsx" | "docx" | "pdf"): string => `/api/v1${address(month, pair)}/paper?format=${format}`;

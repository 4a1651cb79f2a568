import type { Instant, LessonState } from "../protocol";
import { w } from "./strings";

/** A lesson made of a row for a day. */
export interface Occurrence {
  lesson: string;
  day: string;
  start: Instant;
  state: LessonState;
  cancelled: boolean;
  is_moved: boolean;
}

/** A lesson that comes every week. */
export interface TimetableRow {
  id: string;
  weekdays: Weekday[];
  begins: string;
  minutes: number;
  subject: string;
  supporter: string;
  classroom: string;
  class_name: string;
  teacher: string;
  rooms: { school: string; classroom: string; class_name: string }[];
  first: string;
  last: string;
  record: boolean;
  is_mine: boolean;
  lessons: Occurrence[];
}

export interface Timetable {
  items: TimetableRow[];
  term: { name: string; first: string; last: string } | null;
  teachers: { id: string; name: string }[];
}

export const WEEKDAYS = [1, 2, 3, 4, 5] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export const dayText = (day: Weekday): string => w(`day_${day}`);

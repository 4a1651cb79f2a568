import { call } from "../api";
import { query } from "../ledger/calls";

// The calls of the library: videos, courses, showings, what was watched.

export type Origin = "school" | "county" | "province";

export interface Resource {
  id: string;
  title: string;
  origin: Origin;
  school: string | null;
  school_name: string | null;
  subject: string;
  grade: string;
  lesson: string | null;
  pupils: boolean;
  state: "exporting" | "waiting" | "running" | "ready" | "failed";
  done: number | null;
  left_s: number | null;
  problem: { code: string; title: string; title_en: string } | null;
  bytes: number | null;
  length_ms: number | null;
  has_captions: boolean;
  is_mine: boolean;
  is_shown: boolean;
  added_at: string;
}

export interface NewResource {
  title: string;
  origin: Origin;
  subject: string;
  grade: string;
  school: string | null;
  upload?: string;
  lesson?: string;
}

export interface Showing {
  id: string;
  class_id: string;
  class_name: string;
  classroom: string;
  classroom_name: string;
  school: string;
  school_name: string;
  weekday: number | null;
  first: string;
  last: string;
  begins: string;
  minutes: number;
  is_mine: boolean;
}

export interface Course {
  id: string;
  title: string;
  subject: string;
  grade: string;
  school: string | null;
  school_name: string | null;
  resources: string[];
  version: number;
  showings: Showing[];
  is_mine: boolean;
}

export interface Audience {
  school: string;
  school_name: string;
  classes: { id: string; name: string }[];
  classrooms: { id: string; name: string }[];
}

export interface Usage {
  day: string;
  began_at: string;
  school_name: string;
  class_name: string;
  classroom_name: string;
  resource: string;
  title: string;
  origin: Origin;
  watched_ms: number;
  length_ms: number;
  need_ms: number;
  plays: number;
  students: number | null;
  activity: string | null;
  kind: string | null;
  state: string;
  words: string;
  words_en: string;
}

export interface Film {
  film: string;
  poster: string;
  captions: string | null;
  title: string;
}

export interface NewShowing {
  class_id: string;
  classroom: string;
  weekday: number | null;
  first: string;
  last: string | null;
  begins: string;
  minutes: number;
  anyway: boolean;
}

export interface LessonRow {
  lesson: string;
  start: string;
  subject: string;
  class_name: string;
  recording: boolean;
}

const items = <T>(path: string): Promise<T[]> => call<{ items: T[] }>("GET", path).then((found) => found.items);

export const listResources = (): Promise<Resource[]> => items("/resources");
export const addResource = (body: NewResource): Promise<Resource> => call("POST", "/resources", body);
export const removeResource = (id: string): Promise<null> => call("DELETE", `/resources/${id}`);
export const retryResource = (id: string): Promise<Resource> => call("POST", `/resources/${id}/retry`);
export const dropCaptions = (id: string): Promise<null> => call("DELETE", `/resources/${id}/captions`);
export const playFilm = (id: string): Promise<Film> => call("POST", `/resources/${id}/playbacks`);
export const listCourses = (): Promise<Course[]> => items("/courses");
export const makeCourse = (body: unknown): Promise<Course> => call("POST", "/courses", body);
export const changeCourse = (id: string, body: unknown): Promise<Course> => call("PUT", `/courses/${id}`, body);
export const removeCourse = (id: string): Promise<null> => call("DELETE", `/courses/${id}`);
export const listAudience = (): Promise<Audience[]> => items("/courses/audience");
export const addShowing = (course: string, body: NewShowing): Promise<Course> => call("POST", `/courses/${course}/showings`, body);
export const dropShowing = (id: string): Promise<null> => call("DELETE", `/showings/${id}`);
export const listUsage = (first: string, last: string): Promise<Usage[]> => items(`/viewings${query({ first, last })}`);
export const listEnded = (): Promise<LessonRow[]> => call<{ lessons: LessonRow[] }>("GET", "/lessons?scope=past").then((found) => found.lessons.filter((one) => one.recording));

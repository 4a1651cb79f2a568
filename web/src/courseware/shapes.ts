// What the server says of pages and strokes (docs/api.md, docs/protocol.md).

export type Paper = "plain" | "grid";
export type PenTool = "pen" | "highlighter";

export interface LessonPage {
  page: string;
  courseware: string | null;
  number: number;
  paper: Paper | null;
  width: number;
  height: number;
  text: string;
}

export interface LessonPages {
  version: number;
  courseware: { courseware: string; name: string }[];
  pages: LessonPage[];
}

export interface Stroke {
  id: number;
  seat: string;
  ref: string;
  tool: PenTool;
  colour: string;
  width: number;
  points: string;
}

export interface CoursewareLine {
  id: string;
  name: string;
  state: "preparing" | "ready" | "failed";
  pages: number;
  done: number;
  bytes: number;
  uploaded_at: string;
  problem: { code: string; title: string; title_en: string } | null;
}

/** Page coordinates' extent of a page: its longer side is 10000. */
export function extent(page: { width: number; height: number }): { width: number; height: number } {
  const longer = Math.max(page.width, page.height, 1);
  return { width: Math.round((10_000 * page.width) / longer), height: Math.round((10_000 * page.height) / longer) };
}

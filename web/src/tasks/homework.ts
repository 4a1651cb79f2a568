import { onScopeDispose, ref, watch, type Ref } from "vue";
import { api, Problem, request, sentence } from "../api";
import { dateParts, clockText } from "../clock";
import type { Instant, LessonView } from "../protocol";
import { sendBody } from "../sending";
import { t, type StringKey } from "../strings";
import { k } from "./strings";

// Homework of one lesson: what the doors say, and the pictures, which are fetched with the link's token.

export type Stamp = "good" | "fair" | "again";
export type Side = "host" | "rural";
export const STAMPS: readonly Stamp[] = ["good", "fair", "again"];

export interface Stroke {
  /** x and y in turn, in ten thousandths of the picture. */
  points: number[];
}

export interface MarkView {
  side: Side;
  is_own: boolean;
  strokes: Stroke[];
  comment: string;
  stamp: Stamp | null;
}

export interface WorkView {
  id: string;
  homework: string;
  seat: string;
  number: number;
  label: string;
  width: number;
  height: number;
  held_by: Side | null;
  marks: MarkView[];
}

export interface TaskView {
  id: string;
  text: string;
  due_at: Instant | null;
  given_at: Instant;
  file: { id: string; name: string; media: string } | null;
  works: WorkView[];
}

export function dueText(due_at: Instant | null): string {
  if (due_at === null) return k("due_class");
  const parts = dateParts(due_at);
  return k("due_at", { date: t("date_short", { ...parts, weekday: t(parts.weekday as StringKey) }), time: clockText(due_at) });
}

/** Changes when there is other homework to be seen in the lesson. */
export const homeworkKey = (view: LessonView | null): string => JSON.stringify([view?.homework, view?.desks]);

const EVERY_MS = 15_000;
const SOON_MS = 150;

/** The lesson's homework: asked for again when `again` changes, and now and then, for after class nobody is told. */
export function useHomework(lesson: string, token: string, again: () => unknown): { tasks: Ref<TaskView[] | null>; error: Ref<string>; load: () => Promise<void> } {
  const tasks = ref<TaskView[] | null>(null);
  const error = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  const load = async (): Promise<void> => {
    clearTimeout(timer);
    let isFinal = false;
    try {
      tasks.value = (await api<{ homework: TaskView[] }>("GET", `/lessons/${lesson}/homework`, token)).homework;
      error.value = "";
    } catch (caught) {
      error.value = sentence(caught);
      isFinal = caught instanceof Problem && caught.status >= 400 && caught.status < 500;
    }
    if (!gone && !isFinal) timer = setTimeout(() => void load(), EVERY_MS);
  };
  watch(again, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void load(), SOON_MS);
  });
  void load();
  onScopeDispose(() => {
    gone = true;
    clearTimeout(timer);
  });
  return { tasks, error, load };
}

/** A picture as the page can show it; null until it is there. Only as long as who asked for it lives. */
export function usePicture(path: () => string | null, token: string): { url: Ref<string | null>; lost: Ref<boolean> } {
  const url = ref<string | null>(null);
  const lost = ref(false);
  const free = (): void => {
    if (url.value !== null) URL.revokeObjectURL(url.value);
    url.value = null;
  };
  watch(
    path,
    async (wanted) => {
      free();
      lost.value = false;
      if (wanted === null) return;
      try {
        const blob = await (await request(`/api/v1${wanted}`, { headers: { Authorization: `Bearer ${token}` } }, 30_000)).blob();
        if (path() === wanted) url.value = URL.createObjectURL(blob);
      } catch {
        lost.value = true;
      }
    },
    { immediate: true },
  );
  onScopeDispose(free);
  return { url, lost };
}

const MAX_SIDE = 1600;
const QUALITY = 0.82;

/** A phone's photo, small enough for a village's line and without where and when it was taken. */
export async function shrunk(file: File): Promise<Blob> {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", QUALITY));
  } catch {
    // A kind that this browser cannot open: the server says what to do.
    return file;
  }
}

/** A POST of a file, with how much of it has gone (0 to 1). Fails with a Problem. */
export const send = <T>(path: string, token: string, body: Blob, progress: (done: number) => void): Promise<T> =>
  sendBody("POST", `/api/v1${path}`, body, { token, progress, timeout_ms: 120_000 });

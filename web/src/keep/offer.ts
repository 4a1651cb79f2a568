import { api, Problem, request } from "../api";
import { deviceId } from "../keys";
import { LIFE_MS, reaches, ROOT, shelfOf, type Shelf } from "./shelf";

// After a lesson: asks what its recording lacks of this seat, sends what was kept of that, and clears the rest away. Only
// while no lesson needs the line, slowly, and part by part: a reload goes on where it was.

/** Sent at once; then the line rests for as long as that took. */
const CHUNK_BYTES = 256 * 1024;
const LOCK = "classroom-kept";

interface MissingSpans {
  now: string;
  gaps: { source: string; from_at: string; to_at: string }[];
}

interface Upload {
  id: string;
  subject: string;
  offset: number;
  state: "receiving" | "whole" | "taken";
}

/** Answers after which a file is of no use any more. */
const USELESS: ReadonlySet<string> = new Set(["nothing_missing", "upload_damaged", "too_large"]);

/** The recording's last files are being closed, the line is not back yet, another tab is at it: it is tried again. */
const AGAIN_MS = 10_000;
const SOON_MS = 1000;
const TRIES = 30;

/** Everything that the token reaches, until it is done. `mayGoOn`: asked before each step; false while the line is needed. */
export async function offerKept(token: string, mayGoOn: () => boolean): Promise<void> {
  if (typeof navigator.storage?.getDirectory !== "function") return;
  for (let tries = 0; tries < TRIES && mayGoOn(); tries++) {
    if (await offerOnce(token, mayGoOn)) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(AGAIN_MS, SOON_MS * 2 ** tries)));
  }
}

/** True: nothing is left that could be tried again soon. */
async function offerOnce(token: string, mayGoOn: () => boolean): Promise<boolean> {
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null) return false;
    let isDone = true;
    try {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT);
      for (const name of await namesIn(root)) {
        const shelf = shelfOf(name);
        if (!mayGoOn()) return false;
        if (shelf && !(await offerShelf(root, name, shelf, token, mayGoOn))) isDone = false;
      }
    } catch {
      return true; // Nothing was ever kept here.
    }
    return isDone;
  });
}

async function offerShelf(root: FileSystemDirectoryHandle, name: string, shelf: Shelf, token: string, mayGoOn: () => boolean): Promise<boolean> {
  const folder = await root.getDirectoryHandle(name);
  const clear = (): Promise<void> => root.removeEntry(name, { recursive: true }).catch(() => undefined);
  const files = (await namesIn(folder)).filter((each) => each.endsWith(".webm"));
  const begins = files.map((each) => Number.parseInt(each, 10)).sort((a, b) => a - b);
  const newest = begins[begins.length - 1];
  if (newest === undefined || Date.now() - newest > LIFE_MS) {
    await clear();
    return true;
  }
  const ask = (): Promise<MissingSpans> => api<MissingSpans>("GET", `/lessons/${shelf.lesson}/gaps`, token);
  try {
    let missing = await ask();
    for (const begin of begins) {
      if (!mayGoOn()) return false;
      const isWanted = missing.gaps.some((gap) => gap.source === shelf.source && reaches(begin, Date.parse(gap.from_at), Date.parse(gap.to_at)));
      if (isWanted && Date.parse(missing.now) - begin < LIFE_MS) {
        const file = await (await folder.getFileHandle(`${begin}.webm`)).getFile();
        if (file.size > 0 && !(await send(shelf, begin, file, token, mayGoOn))) return false;
        missing = await ask();
      }
      await folder.removeEntry(`${begin}.webm`).catch(() => undefined);
    }
    await clear();
    return true;
  } catch (error) {
    const code = error instanceof Problem ? error.code : "";
    if (code === "healing_over") await clear();
    // Another seat's, or another school's: who has the link for it will come.
    return code === "healing_over" || code === "lesson_unknown" || code === "forbidden";
  }
}

/** Whether the file has been dealt with. */
async function send(shelf: Shelf, begin: number, file: File, token: string, mayGoOn: () => boolean): Promise<boolean> {
  const headers = { Authorization: `Bearer ${token}` };
  const subject = [shelf.lesson, shelf.seat, shelf.source, begin, deviceId()].join("/");
  try {
    const begun = (await api<{ items: Upload[] }>("GET", "/uploads", token)).items.find((each) => each.subject === subject);
    const body = { source: shelf.source, begins_at: new Date(begin).toISOString(), size: file.size, device: deviceId() };
    const id = begun?.id ?? (await api<{ upload: string }>("POST", `/lessons/${shelf.lesson}/gaps/uploads`, token, body)).upload;
    let offset = begun?.offset ?? 0;
    while (offset < file.size && begun?.state !== "whole") {
      if (!mayGoOn()) return false;
      const from = performance.now();
      const part = file.slice(offset, offset + CHUNK_BYTES);
      const init = { method: "PATCH", headers: { ...headers, "Content-Type": "application/octet-stream" }, body: part, priority: "low" } as RequestInit;
      await request(`/api/v1/uploads/${id}?offset=${offset}`, init, 60_000);
      offset += part.size;
      const took = performance.now() - from;
      await new Promise((resolve) => setTimeout(resolve, took));
    }
    await request(`/api/v1/lessons/${shelf.lesson}/gaps/uploads/${id}`, { method: "POST", headers }, 60_000);
    return true;
  } catch (error) {
    if (error instanceof Problem && USELESS.has(error.code)) return true;
    throw error;
  }
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
  return names;
}

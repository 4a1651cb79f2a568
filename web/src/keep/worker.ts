import { ALL_BYTES, folderOf, LIFE_MS, MARGIN_MS, ROOT, LONGEST_MS, surplus, type Part, type Shelf } from "./shelf";

// Writes kept files as they come: what was handed over survives the tab, and what the disk took survives the browser.

export type Order =
  | { do: "open"; shelf: Shelf }
  | { do: "begin"; begin: number }
  | { do: "write"; begin: number; data: ArrayBuffer }
  | { do: "end"; begin: number }
  /** A cut from this moment on (server's ms), and until which; null: it goes on. */
  | { do: "cut"; from: number; to: number | null }
  | { do: "close" };

interface SyncHandle {
  write(data: ArrayBuffer, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type WithSync = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

let folder: FileSystemDirectoryHandle | null = null;
/** What the folders of this lesson begin with: that of another stream may be as new as this one, and empty still. */
let ours = "";
let swept = false;
const parts = new Map<number, Part>();
const open = new Map<number, SyncHandle>();
const cuts: { from: number; to: number | null }[] = [];

async function obey(order: Order): Promise<void> {
  if (order.do === "open") {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
    folder = await root.getDirectoryHandle(folderOf(order.shelf), { create: true });
    ours = `${order.shelf.lesson}~`;
    for await (const [name, handle] of entries(folder)) {
      if (!name.endsWith(".webm") || handle.kind !== "file") continue;
      const begin = Number.parseInt(name, 10);
      parts.set(begin, { begin, bytes: (await (handle as FileSystemFileHandle).getFile()).size, marked: true });
    }
  }
  if (folder === null) return;
  if (order.do === "begin") {
    const file = (await folder.getFileHandle(`${order.begin}.webm`, { create: true })) as WithSync;
    open.set(order.begin, await file.createSyncAccessHandle());
    parts.set(order.begin, { begin: order.begin, bytes: 0, marked: false });
    if (!swept) await sweep(order.begin);
    await mark();
    for (const part of surplus([...parts.values()])) if (!open.has(part.begin)) await drop(part);
  }
  const part = "begin" in order ? parts.get(order.begin) : undefined;
  const handle = "begin" in order ? open.get(order.begin) : undefined;
  if (order.do === "write" && part && handle) {
    part.bytes += handle.write(order.data, { at: part.bytes });
    handle.flush();
  }
  if (order.do === "end") {
    handle?.close();
    open.delete(order.begin);
  }
  if (order.do === "cut") {
    const last = cuts.at(-1);
    if (last && last.to === null) last.to = order.to;
    else cuts.push({ from: order.from, to: order.to });
    await mark();
  }
  if (order.do === "close") {
    for (const each of open.values()) each.close();
    open.clear();
    postMessage("closed");
  }
}

/** What older lessons have left: nothing that is too old for the server, and of the rest no more than one lesson may have. */
async function sweep(now: number): Promise<void> {
  swept = true;
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT);
  const others: { name: string; newest: number; bytes: number }[] = [];
  for await (const [name, handle] of entries(root)) {
    if (handle.kind !== "directory" || name.startsWith(ours)) continue;
    const found = { name, newest: 0, bytes: 0 };
    for await (const [part, file] of entries(handle as FileSystemDirectoryHandle)) {
      found.newest = Math.max(found.newest, Number.parseInt(part, 10) || 0);
      found.bytes += (await (file as FileSystemFileHandle).getFile()).size;
    }
    others.push(found);
  }
  let bytes = 0;
  for (const each of others.sort((a, b) => b.newest - a.newest)) {
    bytes += each.bytes;
    if (bytes > ALL_BYTES || now - each.newest > LIFE_MS) await root.removeEntry(each.name, { recursive: true }).catch(() => undefined);
  }
}

async function mark(): Promise<void> {
  for (const part of parts.values()) {
    const isNear = cuts.some((cut) => part.begin + LONGEST_MS > cut.from - MARGIN_MS && (cut.to === null || part.begin < cut.to + MARGIN_MS));
    if (part.marked || !isNear) continue;
    part.marked = true;
    await folder!.getFileHandle(`${part.begin}.mark`, { create: true });
  }
}

async function drop(part: Part): Promise<void> {
  parts.delete(part.begin);
  for (const name of [`${part.begin}.webm`, `${part.begin}.mark`]) await folder!.removeEntry(name).catch(() => undefined);
}

const entries = (of: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> => of as never;

// One after the other: a file is begun before it is written.
let last: Promise<void> = Promise.resolve();
onmessage = (event: MessageEvent<Order>): void => {
  last = last.then(() => obey(event.data)).catch(() => postMessage("failed"));
};

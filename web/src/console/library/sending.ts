import { Problem } from "../../api";
import { sendBody } from "../../sending";
import { call } from "../api";

// A large file sent part by part: after a lost line it goes on by itself, after a reload when the same file is chosen again.

export interface Upload {
  id: string;
  name: string;
  size: number;
  offset: number;
  part_bytes: number;
  state: "receiving" | "whole" | "taken";
}

const RETRY_MS = 2_000;
const TRIES = 150;

export const listUploads = (): Promise<Upload[]> => call<{ items: Upload[] }>("GET", "/uploads").then((found) => found.items);
export const dropUpload = (id: string): Promise<null> => call("DELETE", `/uploads/${id}`);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a file to its end; the upload's id. Fails with a Problem; "stopped" when it was given up. */
export async function sendLarge(file: File, unfinished: Upload[], told: (percent: number, waits: boolean) => void, stop: AbortSignal): Promise<string> {
  let upload = unfinished.find((one) => one.name === file.name.slice(-80) && one.size === file.size) ?? (await call<Upload>("POST", "/uploads", { purpose: "resource", name: file.name.slice(-80), size: file.size }));
  let offset = upload.offset;
  let tries = 0;
  const percent = (bytes: number): number => Math.floor((100 * (offset + bytes)) / file.size);
  while (upload.state === "receiving" && offset < file.size) {
    if (stop.aborted) throw new Problem(0, "stopped", "");
    try {
      told(percent(0), tries > 0);
      const part = file.slice(offset, offset + upload.part_bytes);
      upload = await sendBody<Upload>("PATCH", `/api/v1/uploads/${upload.id}?offset=${offset}`, part, { progress: (done) => told(percent(done * part.size), false), stop });
      offset = upload.offset;
      tries = 0;
    } catch (error) {
      if (stop.aborted) throw new Problem(0, "stopped", "");
      const problem = error as Problem;
      const isPassing = problem.status === 0 || problem.status >= 500 || problem.code === "upload_busy" || problem.code === "upload_offset" || problem.code === "too_slow" || problem.code === "bad_request";
      if (!isPassing || problem.code === "disk_full" || ++tries > TRIES) throw error;
      told(percent(0), true);
      await pause(RETRY_MS);
      // Part of the part may have come: the server knows how much.
      const known = await call<Upload>("GET", `/uploads/${upload.id}`).catch((failed: Problem) => {
        if (failed.status >= 400 && failed.status < 500) throw failed;
        return null;
      });
      if (known) offset = known.offset;
    }
  }
  return (await call<Upload>("POST", `/uploads/${upload.id}/finish`)).id;
}

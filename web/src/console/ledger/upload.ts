import { Problem } from "../../api";
import { sendBody } from "../../sending";
import { t } from "../strings";
import type { FileRef } from "./shapes";

export const MAX_FILE_BYTES = 50 * 1024 * 1024;
/** What the server keeps as evidence. */
export const ACCEPTED = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx";

/** Sends one file as the raw body of `address`, telling its progress in percent. */
export function sendFile<T = FileRef>(file: File, onProgress: (percent: number) => void = () => undefined, address = `/api/v1/files?name=${encodeURIComponent(file.name)}`, method: "POST" | "PUT" = "POST"): Promise<T> {
  if (file.size > MAX_FILE_BYTES) return Promise.reject(new Problem(413, "too_large", t("files_too_large")));
  return sendBody(method, address, file, { progress: (done) => onProgress(Math.floor(100 * done)) });
}

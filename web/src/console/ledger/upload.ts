import { Problem, problemOf } from "../../api";
import { t } from "../strings";
import type { FileRef } from "./shapes";

export const MAX_FILE_BYTES = 50 * 1024 * 1024;
/** What the server keeps as evidence. */
export const ACCEPTED = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx";

/** Sends one file as the raw body of `address`, telling its progress in percent; fetch cannot, hence XMLHttpRequest. */
export function sendFile<T = FileRef>(file: File, onProgress: (percent: number) => void = () => undefined, address = `/api/v1/files?name=${encodeURIComponent(file.name)}`): Promise<T> {
  if (file.size > MAX_FILE_BYTES) return Promise.reject(new Problem(413, "too_large", t("files_too_large")));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(Math.floor((100 * event.loaded) / event.total));
    request.onerror = request.onabort = () => reject(new Problem(0, "offline", t("error_offline")));
    request.onload = () => {
      const body = request.responseText;
      if (request.status < 200 || request.status >= 300) void problemOf(new Response(body, { status: request.status })).then(reject);
      else resolve(JSON.parse(body) as T);
    };
    request.send(file);
  });
}

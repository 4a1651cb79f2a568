import { Problem, problemOf } from "./api";
import { t } from "./strings";

export interface Sending {
  /** Without one the session's cookie says who sends. */
  token?: string;
  /** How much has gone, 0 to 1. */
  progress?: (done: number) => void;
  stop?: AbortSignal;
  timeout_ms?: number;
  /** What to say when the line breaks. */
  broken?: string;
}

/** Sends a file, or a part of one, and tells how far it is; fetch cannot, hence XMLHttpRequest. Fails with a Problem only. */
export function sendBody<T>(method: "POST" | "PUT" | "PATCH", address: string, body: Blob, { token, progress, stop, timeout_ms = 0, broken = t("error_offline") }: Sending = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.timeout = timeout_ms;
    request.upload.onprogress = (event) => event.lengthComputable && progress?.(event.loaded / event.total);
    request.onerror = request.onabort = request.ontimeout = () => reject(new Problem(0, "offline", broken));
    request.onload = () => {
      const answer = request.responseText;
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(answer) as T);
      else void problemOf(new Response(answer, { status: request.status })).then(reject);
    };
    stop?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

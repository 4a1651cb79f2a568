import { Problem } from "../api";
import { sendBody } from "../sending";
import type { CoursewareLine } from "./shapes";
import { p } from "./strings";

export const MAX_BYTES = 80 * 1024 * 1024;
export const ACCEPT = ".pdf,.jpg,.jpeg,.png,.webp,application/pdf,image/jpeg,image/png,image/webp";

/** Sends one file, and says how far it is (0 to 1). Fails with a Problem. */
export function upload(file: File, token: string, progress: (done: number) => void): Promise<CoursewareLine> {
  if (file.size > MAX_BYTES) return Promise.reject(new Problem(413, "too_large", p("too_large")));
  const address = `/api/v1/courseware?name=${encodeURIComponent(file.name.slice(-80))}`;
  return sendBody("POST", address, file, { token, progress, broken: p("upload_failed") });
}

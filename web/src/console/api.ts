import { Problem, request, sentence } from "../api";
import { t } from "./strings";

export { Problem, sentence };

// A desk's question may be large (a year's matrix), a paper takes longer to draw.
const TIMEOUT_MS = 30_000;

let onLost: () => void = () => undefined;

/** What to do when the server no longer knows who is asking. */
export function whenSessionIsLost(act: () => void): void {
  onLost = act;
}

/** One JSON call to /api/v1 under the session's cookie; "" answers are null. Fails with a Problem only. */
export async function call<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await request(`/api/v1${path}`, init, TIMEOUT_MS);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) onLost();
    throw error;
  }
  const text = await response.text();
  try {
    return (text ? JSON.parse(text) : null) as T;
  } catch {
    throw new Problem(response.status, "bad_answer", t("error_status", { status: response.status }));
  }
}

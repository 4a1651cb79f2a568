import { lang, t } from "./strings";

/** An RFC 9457 problem, or a request that never got an answer (code "offline"). The message is fit to be shown. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly detail = "",
    /** What else the problem says, by name: who changed it meanwhile, and when. */
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(title);
  }
}

interface ProblemBody extends Record<string, unknown> {
  title?: string;
  title_en?: string;
  code?: string;
  detail?: string;
}

/** Turns an answer that is not 2xx into a Problem, whatever its body is. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: ProblemBody = {};
  try {
    body = (await response.json()) as ProblemBody;
  } catch {
    // A proxy's HTML page: the status has to do.
  }
  const title = (lang() === "en" ? (body.title_en ?? body.title) : body.title) ?? t("error_status", { status: response.status });
  return new Problem(response.status, body.code ?? `http_${response.status}`, title, body.detail ?? "", body);
}

/** fetch that gives up after `timeout_ms` without an answer, ends with `init.signal`, and fails with a Problem only. */
export async function request(path: string, init: RequestInit, timeout_ms = 10_000): Promise<Response> {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), timeout_ms);
  init.signal?.addEventListener("abort", () => aborter.abort());
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: aborter.signal, cache: "no-store" });
  } catch {
    throw new Problem(0, "offline", t("error_offline"));
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** One JSON call to /api/v1 with the page's token. */
export async function api<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, token: string | null, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const response = await request(`/api/v1${path}`, init);
  const text = await response.text();
  try {
    return (text ? JSON.parse(text) : null) as T;
  } catch {
    throw new Problem(response.status, "bad_answer", t("error_status", { status: response.status }));
  }
}

/** The sentence to show for anything caught. */
export function sentence(error: unknown): string {
  return error instanceof Problem ? error.message : t("error_unknown");
}

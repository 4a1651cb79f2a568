import { shallowRef } from "vue";

export type Route =
  | { page: "landing" }
  | { page: "teach" }
  | { page: "studio"; lesson: string; autostart: boolean }
  | { page: "join"; token: string }
  | { page: "observe"; token: string }
  | { page: "assist"; token: string }
  | { page: "room"; token: string }
  | { page: "watch"; recording: string }
  | { page: "check"; from: string }
  | { page: "screen" }
  | { page: "unknown" };

const TOKEN = /^[A-Za-z0-9_-]{8,}$/;
const LESSON = /^[A-Za-z0-9_-]{1,64}$/;

/** The page behind a path; anything not in the table is "unknown", never a guess. */
export function parseRoute(pathname: string, search: string): Route {
  const [first = "", second = "", ...rest] = pathname.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { page: "unknown" };
  if (first === "") return { page: "landing" };
  if (first === "teach" && second === "") return { page: "teach" };
  if (first === "teach" && LESSON.test(second)) {
    return { page: "studio", lesson: second, autostart: new URLSearchParams(search).get("autostart") === "1" };
  }
  if (first === "check" && second === "") {
    const from = new URLSearchParams(search).get("from") ?? "";
    return { page: "check", from: LESSON.test(from) ? from : "" };
  }
  if (first === "screen" && second === "") return { page: "screen" };
  if (first === "watch" && LESSON.test(second)) return { page: "watch", recording: second };
  if ((first === "join" || first === "room" || first === "observe" || first === "assist") && TOKEN.test(second)) return { page: first, token: second };
  return { page: "unknown" };
}

/** A pasted link, if it is one of ours on this server: the path to go to; else null. */
export function pastedPath(text: string, origin: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim(), origin);
  } catch {
    return null;
  }
  const route = parseRoute(url.pathname, url.search);
  if (url.origin !== origin || route.page === "unknown" || route.page === "landing") return null;
  return url.pathname + url.search + url.hash;
}

const here = (): Route => parseRoute(window.location.pathname, window.location.search);

export const route = shallowRef<Route>({ page: "landing" });

export function startRouter(): void {
  route.value = here();
  window.addEventListener("popstate", () => (route.value = here()));
  // A link opened in the same tab that differs only in its fragment (a fresh teacher's token) loads nothing by itself.
  window.addEventListener("hashchange", () => {
    if (window.location.hash.length > 1) window.location.reload();
  });
}

export function go(path: string): void {
  window.history.pushState(null, "", path);
  route.value = here();
  window.scrollTo(0, 0);
}

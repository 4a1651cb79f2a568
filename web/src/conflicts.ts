import { Problem } from "./api";

/** What is in the way, in words, where that is why the server refused. */
export function conflictsIn(caught: unknown): string[] {
  const found = caught instanceof Problem ? caught.more["conflicts"] : null;
  return Array.isArray(found) ? found.map(String) : [];
}

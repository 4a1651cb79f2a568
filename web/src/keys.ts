// What a page keeps in the browser: the token of this tab, the id of this device, the chosen devices.

/** localStorage and sessionStorage may be forbidden by policy; then the page works, it only forgets. */
function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string): void {
  try {
    storage().setItem(key, value);
  } catch {
    // Forgotten at the next load: acceptable.
  }
}

const local = (): Storage => window.localStorage;
const session = (): Storage => window.sessionStorage;

export const remembered = (key: string): string | null => read(local, `classroom.${key}`);
export const remember = (key: string, value: string): void => write(local, `classroom.${key}`, value);

const tokenKey = (lesson: string | null): string => (lesson ? `classroom.token.${lesson}` : "classroom.token");

/** Moves a teacher's token from the address bar's fragment into this tab's session, so that it is not shown or copied by chance. */
export function takeToken(lesson: string | null): string | null {
  const fragment = decodeURIComponent(window.location.hash.slice(1));
  if (fragment) {
    write(session, tokenKey(lesson), fragment);
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
    return fragment;
  }
  return read(session, tokenKey(lesson)) ?? (lesson ? read(session, tokenKey(null)) : null);
}

/** A teacher's own token is in this tab (not only that of one lesson): /teach will open. */
export const hasTeacherToken = (): boolean => read(session, tokenKey(null)) !== null;

export const keepToken = (lesson: string | null, token: string): void => write(session, tokenKey(lesson), token);

/** The observer's link of a lesson made in this tab: the server tells it only once. */
export const keepObserver = (lesson: string, page: string): void => write(session, `classroom.observe.${lesson}`, page);
export const observerOf = (lesson: string): string | null => read(session, `classroom.observe.${lesson}`);

/** A tab that shares its screen notes so: a reload ends the share, and the page can offer it again. */
export const sharedScreen = (lesson: string): boolean => read(session, `classroom.screen.${lesson}`) === "1";
export const noteScreen = (lesson: string, isShared: boolean): void => write(session, `classroom.screen.${lesson}`, isShared ? "1" : "");

/** This tab has a second window open for a lesson: after a reload it is looked for. */
export const secondWasOpen = (lesson: string): boolean => read(session, `classroom.second.${lesson}`) === "1";
export const noteSecond = (lesson: string, isOpen: boolean): void => write(session, `classroom.second.${lesson}`, isOpen ? "1" : "");

/** A random id of this browser: the same after a reload, so that the server sees a device come back and not a second one. */
export function deviceId(): string {
  const known = remembered("device");
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  remember("device", fresh);
  return fresh;
}

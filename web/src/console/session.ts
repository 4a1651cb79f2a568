import { shallowRef } from "vue";
import { call, Problem } from "./api";

// Who sits in front of this console, and what they may do. The server decides; the console only hides what would be refused.

export type Role = "teacher" | "school_officer" | "bureau_officer" | "inspector" | "admin";

export interface Me {
  role: Role;
  name: string;
  login: string;
  school: { id: string; name: string } | null;
  /** Actions of the access table. */
  may: string[];
  must_change: boolean;
}

export const me = shallowRef<Me | null>(null);

export const may = (action: string): boolean => me.value?.may.includes(action) ?? false;

/** Asks once who is signed in; null when nobody is. Other failures are thrown. */
export async function whoIsHere(): Promise<Me | null> {
  if (me.value) return me.value;
  try {
    me.value = await call<Me>("GET", "/me");
  } catch (error) {
    if (!(error instanceof Problem && error.status === 401)) throw error;
  }
  return me.value;
}

export async function signIn(login: string, password: string): Promise<Me> {
  me.value = await call<Me>("POST", "/sessions", { login, password });
  return me.value;
}

export async function signOut(): Promise<void> {
  try {
    await call("DELETE", "/sessions/current");
  } finally {
    me.value = null;
  }
}

/** A teacher has no desk: the pages of the lessons are theirs, under a link of their own. */
export const teacherPage = (): Promise<{ page: string }> => call("POST", "/me/teacher-link");

import type { Route } from "./router";
import { startTeaching } from "./strings";

/** A teacher's page comes with its sentences. */
const taught = <T>(page: Promise<T>): Promise<T> => startTeaching().then(() => page);

// Each page is a file of its own, loaded when its address is opened.
export const PAGES = {
  landing: () => taught(import("./pages/Landing.vue")),
  teach: () => taught(import("./pages/Teach.vue")),
  studio: () => taught(import("./pages/Studio.vue")),
  join: () => import("./pages/Join.vue"),
  assist: () => import("./pages/Assist.vue"),
  observe: () => import("./pages/Observe.vue"),
  room: () => import("./pages/Room.vue"),
  watch: () => import("./pages/Watch.vue"),
  screen: () => import("./second/Screen.vue"),
  check: () => import("./check/Check.vue"),
  unknown: () => import("./pages/Message.vue"),
} as const satisfies Record<Route["page"], () => Promise<unknown>>;

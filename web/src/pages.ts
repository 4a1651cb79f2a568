import type { Route } from "./router";

// Each page is a file of its own, loaded when its address is opened.
export const PAGES = {
  landing: () => import("./pages/Landing.vue"),
  teach: () => import("./pages/Teach.vue"),
  studio: () => import("./pages/Studio.vue"),
  join: () => import("./pages/Join.vue"),
  observe: () => import("./pages/Observe.vue"),
  room: () => import("./pages/Room.vue"),
  unknown: () => import("./pages/Message.vue"),
} as const satisfies Record<Route["page"], () => Promise<unknown>>;

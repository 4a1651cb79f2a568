import type { RouteRecordRaw } from "vue-router";

// The pages of a school's desk. Everything an officer of a school reaches lies below /school.

export const schoolRoutes: RouteRecordRaw[] = [
  { path: "/school", component: () => import("./Month.vue"), meta: { may: "read_ledger" } },
  { path: "/school/activities", component: () => import("../ledger/Activities.vue"), props: { hand: "/school/hand" }, meta: { may: "read_ledger" } },
  { path: "/school/quizzes", component: () => import("../ledger/QuizTerm.vue"), meta: { may: "read_ledger" } },
  { path: "/school/pending", component: () => import("../ledger/Pending.vue"), meta: { may: "propose" } },
  { path: "/school/hand", component: () => import("./Hand.vue"), meta: { may: "propose" } },
  { path: "/school/returns", component: () => import("./Returns.vue"), meta: { may: "read_ledger" } },
  { path: "/school/return/:month/:pair", component: () => import("./Return.vue"), props: true, meta: { may: "read_ledger" } },
  { path: "/school/timetable", component: () => import("./Timetable.vue"), meta: { may: "keep_timetable" } },
  { path: "/school/registry", component: () => import("../registry/OwnSchool.vue"), meta: { may: "read_registry" } },
  { path: "/school/pairs", component: () => import("../registry/Pairs.vue"), props: { at: "/school/pairs" }, meta: { may: "read_registry" } },
  { path: "/school/pairs/:id", component: () => import("../registry/Pair.vue"), props: (route) => ({ id: route.params["id"], schoolsAt: "" }), meta: { may: "read_registry" } },
  { path: "/school/recordings", component: () => import("../keeping/Recordings.vue"), meta: { may: "keep_recordings" } },
  { path: "/school/consents", component: () => import("../keeping/Consents.vue"), meta: { may: "keep_recordings" } },
  { path: "/school/materials", component: () => import("../registry/Materials.vue"), meta: { may: "read_registry" } },
  { path: "/school/publicity", component: () => import("../registry/Publicity.vue"), meta: { may: "read_registry" } },
];

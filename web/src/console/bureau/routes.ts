import type { RouteRecordRaw } from "vue-router";

// The pages of the bureau's officer; an inspector reads most of them.

export const bureauRoutes: RouteRecordRaw[] = [
  { path: "/bureau", component: () => import("./Home.vue"), meta: { may: "read_ledger" } },
  { path: "/bureau/live", component: () => import("./Live.vue"), meta: { may: "observe" } },
  { path: "/bureau/matrix", component: () => import("./Matrix.vue"), meta: { may: "read_ledger" } },
  { path: "/bureau/returns/:month?", component: () => import("./Returns.vue"), props: true, meta: { may: "read_ledger" } },
  { path: "/bureau/returns/:month/bureau", component: () => import("./Annex2.vue"), props: true, meta: { may: "read_ledger" } },
  { path: "/bureau/returns/:month/:pair", component: () => import("../school/Return.vue"), props: true, meta: { may: "read_ledger" } },
  { path: "/bureau/activities", component: () => import("../ledger/Activities.vue"), props: { hand: "/bureau/hand" }, meta: { may: "read_ledger" } },
  { path: "/bureau/quizzes", component: () => import("../ledger/QuizTerm.vue"), meta: { may: "read_ledger" } },
  { path: "/bureau/pending", component: () => import("../ledger/Pending.vue"), meta: { may: "read_ledger" } },
  { path: "/bureau/hand", component: () => import("../school/Hand.vue"), meta: { may: "propose" } },
  { path: "/bureau/recordings", component: () => import("../keeping/Recordings.vue"), meta: { may: "keep_recordings" } },
  { path: "/bureau/consents", component: () => import("../keeping/Consents.vue"), meta: { may: "keep_recordings" } },
  { path: "/bureau/progress", component: () => import("./Progress.vue"), meta: { may: "read_ledger" } },
  { path: "/bureau/calendar", component: () => import("./Calendar.vue"), meta: { may: "read_ledger" } },
  { path: "/bureau/policy", component: () => import("./Policy.vue"), meta: { may: "read_ledger" } },
];

import type { RouteRecordRaw } from "vue-router";

// The pages of whoever runs the server; a bureau's officer keeps accounts and reads the audit log too.

export const adminRoutes: RouteRecordRaw[] = [
  { path: "/admin", redirect: "/admin/accounts" },
  { path: "/admin/accounts", component: () => import("./Accounts.vue"), meta: { may: "keep_accounts" } },
  { path: "/admin/links", component: () => import("./Links.vue"), meta: { may: "mint_link" } },
  { path: "/admin/audit", component: () => import("./Audit.vue"), meta: { may: "read_audit" } },
  { path: "/admin/programs", component: () => import("./Programs.vue"), meta: { may: "keep_programs" } },
  { path: "/admin/webhooks", component: () => import("./Webhooks.vue"), meta: { may: "keep_programs" } },
];

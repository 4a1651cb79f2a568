import { createRouter, createWebHistory } from "vue-router";
import { adminRoutes } from "./admin/routes";
import { whenSessionIsLost } from "./api";
import { bureauRoutes } from "./bureau/routes";
import { libraryRoutes } from "./library/routes";
import { registryRoutes } from "./registry/routes";
import { schoolRoutes } from "./school/routes";
import { may, me, whoIsHere, type Me } from "./session";

declare module "vue-router" {
  interface RouteMeta {
    /** The action one must be allowed to open the page. */
    may?: string;
    /** Without the shell and its menu; open to anybody. */
    plain?: boolean;
    /** A teacher has no desk, but this page. */
    ofTeacher?: boolean;
  }
}

/** Where somebody lands who has just signed in. */
export function deskOf(who: Me): string {
  if (who.must_change) return "/login/password";
  if (who.role === "teacher") return "/login/lessons";
  if (who.role === "school_officer") return "/school";
  return who.role === "admin" ? "/admin" : "/bureau";
}

export const router = createRouter({
  history: createWebHistory("/"),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    { path: "/login", component: () => import("./shell/Login.vue"), meta: { plain: true } },
    { path: "/login/password", component: () => import("./shell/Password.vue"), meta: { plain: true } },
    { path: "/login/lessons", component: () => import("./shell/ToLessons.vue"), meta: { plain: true } },
    { path: "/setup", component: () => import("./shell/Setup.vue"), meta: { plain: true } },
    ...bureauRoutes,
    ...registryRoutes,
    ...schoolRoutes,
    ...libraryRoutes,
    ...adminRoutes,
    { path: "/:rest(.*)*", component: () => import("./shell/NotFound.vue") },
  ],
});

router.beforeEach(async (to) => {
  if (to.path === "/login" || to.path === "/setup") return true;
  let who: Me | null = null;
  try {
    who = await whoIsHere();
  } catch {
    // The server is away: the page itself says so, and offers to try again.
    return to.meta.plain === true ? true : { path: "/login", query: { to: to.fullPath } };
  }
  if (!who) return { path: "/login", query: { to: to.fullPath } };
  if (who.must_change && to.path !== "/login/password") return "/login/password";
  if (who.role === "teacher" && to.meta.plain !== true && to.meta.ofTeacher !== true) return "/login/lessons";
  return to.meta.may === undefined || may(to.meta.may) ? true : deskOf(who) === to.path ? true : deskOf(who);
});

whenSessionIsLost(() => {
  const here = router.currentRoute.value;
  const wasIn = me.value !== null;
  me.value = null;
  if (wasIn && here.meta.plain !== true) void router.replace({ path: "/login", query: { to: here.fullPath, lost: "1" } });
});

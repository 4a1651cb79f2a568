import type { RouteRecordRaw } from "vue-router";

// The registry on the bureau's desk.

export const registryRoutes: RouteRecordRaw[] = [
  { path: "/bureau/registry/schools", component: () => import("./Schools.vue"), meta: { may: "read_registry" } },
  { path: "/bureau/registry/schools/:id", component: () => import("./School.vue"), props: (route) => ({ id: route.params["id"], pairsAt: "/bureau/registry/pairs" }), meta: { may: "read_registry" } },
  { path: "/bureau/registry/pairs", component: () => import("./Pairs.vue"), props: { at: "/bureau/registry/pairs" }, meta: { may: "read_registry" } },
  { path: "/bureau/registry/pairs/:id", component: () => import("./Pair.vue"), props: (route) => ({ id: route.params["id"], schoolsAt: "/bureau/registry/schools" }), meta: { may: "read_registry" } },
  { path: "/bureau/registry/import", component: () => import("./Import.vue"), meta: { may: "keep_registry" } },
  { path: "/bureau/registry/materials", component: () => import("./Materials.vue"), meta: { may: "read_registry" } },
  { path: "/bureau/registry/publicity", component: () => import("./Publicity.vue"), meta: { may: "read_registry" } },
  { path: "/bureau/registry/equipment", component: () => import("./Equipment.vue"), meta: { may: "read_registry" } },
];

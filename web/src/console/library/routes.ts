import type { RouteRecordRaw } from "vue-router";

// 资源库 and 课程, on the bureau's desk and on a school's; a school's teachers reach theirs too.

const pages = (desk: string, ofTeacher: boolean): RouteRecordRaw[] => [
  { path: `${desk}/resources`, component: () => import("./Resources.vue"), meta: { may: "read_resources", ofTeacher } },
  { path: `${desk}/courses`, component: () => import("./Courses.vue"), meta: { may: "read_resources", ofTeacher } },
  { path: `${desk}/usage`, component: () => import("./Usage.vue"), meta: { may: "read_resources", ofTeacher } },
];

export const libraryRoutes: RouteRecordRaw[] = [...pages("/bureau", false), ...pages("/school", true)];

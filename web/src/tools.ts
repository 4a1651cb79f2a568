import { watch, type Component } from "vue";
import type { LessonSession } from "./lesson";
import type { IconName } from "./parts/Icon.vue";
import type { LessonView } from "./protocol";
import type { StringKey } from "./strings";
import { withPlanWords } from "./plan/load";
import { withWords } from "./tasks/load";

// What a lesson is taught with beside pictures and sound. Each is loaded when it is first opened or shown.

type Load = () => Promise<{ default: Component }>;

export interface Tool {
  id: string;
  label: StringKey;
  icon: IconName;
  /** Gets `session`; may emit `close`. */
  panel: Load;
  /** How much there is that wants to be looked at. */
  badge?: (session: LessonSession) => number;
}

export interface Layer {
  id: string;
  /** `seat`: whose screen it is. */
  shown: (view: LessonView, seat: string | null) => boolean;
  /** Gets `session` and `view`. */
  layer: Load;
}

const CHAT: Tool = {
  id: "chat", label: "chat_title", icon: "chat", panel: () => import("./parts/Chat.vue"), badge: (session) => session.unread,
};

const PLAN: Tool = { id: "plan", label: "tool_plan", icon: "clock", panel: withPlanWords(() => import("./plan/Panel.vue")) };

/** Buttons of the studio; each opens beside the classrooms, in the place of the teacher's own side. */
export const STUDIO_TOOLS: readonly Tool[] = [
  PLAN,
  { id: "pages", label: "tool_pages", icon: "book", panel: () => import("./courseware/Panel.vue") },
  { id: "quiz", label: "tool_quiz", icon: "quiz", panel: withWords(() => import("./tasks/QuizPanel.vue")) },
  { id: "homework", label: "tool_homework", icon: "homework", panel: withWords(() => import("./tasks/HomeworkPanel.vue")), badge: ({ state }) => state.view?.homework.reduce((sum, each) => sum + each.works - each.marked, 0) ?? 0 },
  { id: "scene", label: "scene_title", icon: "stage", panel: () => import("./parts/Scene.vue") },
  CHAT,
];

/** What covers the big picture of a classroom while it is shown; the last one lies on top. */
export const SCREEN_LAYERS: readonly Layer[] = [
  { id: "pages", shown: (view) => view.pages.shown !== null, layer: () => import("./courseware/Layer.vue") },
  { id: "quiz", shown: (view) => view.quiz !== null, layer: withWords(() => import("./tasks/QuizLayer.vue")) },
  { id: "homework", shown: (view, seat) => view.desks.some((desk) => desk.seat === seat), layer: withWords(() => import("./tasks/HomeworkLayer.vue")) },
];

/** The first picture is not to wait for them, nor the sound of a line that turns out to be thin. */
const AHEAD_MS = 5000;

/** Fetches the layers once a lesson has gone on undisturbed for a while: the first question must not wait for its script. */
export function fetchLayersAhead(isUndisturbed: () => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const fetch = (): void => SCREEN_LAYERS.forEach(({ layer }) => void layer().catch(() => undefined));
  watch(
    isUndisturbed,
    (is) => {
      clearTimeout(timer);
      if (is) timer = setTimeout(fetch, AHEAD_MS);
    },
    { immediate: true },
  );
}

/** Cards of the co-teacher's phone. */
export const ASSIST_TOOLS: readonly Tool[] = [
  PLAN,
  { id: "quiz", label: "tool_quiz", icon: "quiz", panel: withWords(() => import("./tasks/QuizTally.vue")), badge: uncounted },
  { id: "homework", label: "tool_homework", icon: "homework", panel: withWords(() => import("./tasks/HomeworkPhone.vue")) },
  { id: "talk", label: "talk_open", icon: "mic", panel: () => import("./parts/AssistTalk.vue"), badge: (session) => (session.state.view?.talk === session.state.seat ? 1 : 0) },
  { id: "camera", label: "phone_camera", icon: "camera", panel: () => import("./parts/AssistCamera.vue") },
  CHAT,
  { id: "pages", label: "tool_pages", icon: "book", panel: () => import("./courseware/Card.vue") },
];

/** One while the class has not been counted for the question on the screens. */
function uncounted({ state }: LessonSession): number {
  const quiz = state.view?.quiz;
  return quiz && state.seat !== null && !quiz.tallied.includes(state.seat) ? 1 : 0;
}

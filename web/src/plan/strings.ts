import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

/** The sentences of the run of a lesson. */
export const { start: startPlanLanguage, say: b } = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });

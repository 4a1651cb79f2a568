import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

/** The sentences of the timetable. */
export const { start: startTimetableLanguage, say: w } = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });

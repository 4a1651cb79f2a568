import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

/** The sentences of quizzes and homework. */
export const { start: startTaskLanguage, say: k } = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });

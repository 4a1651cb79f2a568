import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

/** The player's own sentences. */
export const { start: startWatchLanguage, say: w } = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });

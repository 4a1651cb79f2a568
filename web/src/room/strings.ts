import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

/** The sentences of the classroom's courses. */
export const { start: startRoomLanguage, say: r } = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });

import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

const words = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });
// They come with the page of the check.
await words.start();

export const c = words.say;

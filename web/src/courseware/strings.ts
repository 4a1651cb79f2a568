import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

const words = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });
// They come with the first part that shows pages.
await words.start();

export const p = words.say;

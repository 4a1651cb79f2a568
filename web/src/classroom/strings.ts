import { wordsOf } from "../strings";
import type { catalogue } from "./catalogue";

const words = wordsOf<keyof typeof catalogue>({ zh: () => import("./catalogue?zh"), en: () => import("./catalogue?en") });
// They come with the first part of a lesson's page.
await words.start();

export const w = words.say;

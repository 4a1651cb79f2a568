import { startTimetableLanguage } from "./strings";

/** The timetable together with its sentences. */
export const timetable = async () => (await Promise.all([import("./Timetable.vue"), startTimetableLanguage()]))[0];

import { remember, remembered } from "./keys";

// 音箱教室: whether the loudspeakers of this PC are heard by its own microphone, and who says so.

type Says = "person" | "check";

/** One side at a time. */
export const hasSpeakers = (): boolean => remembered("loudspeakers") === "1";
/** Nobody chose it: a check before class found an echo. */
export const foundByCheck = (): boolean => hasSpeakers() && remembered("loudspeakers_by") === "check";

export function noteSpeakers(has: boolean, says: Says = "person"): void {
  remember("loudspeakers", has ? "1" : "");
  remember("loudspeakers_by", says);
}

/** What a check found. It turns on what is off, and off only what a check has turned on. */
export function noteEcho(echoes: boolean): void {
  if (echoes !== hasSpeakers() && (echoes || foundByCheck())) noteSpeakers(echoes, "check");
}

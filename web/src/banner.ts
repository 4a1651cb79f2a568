import type { OwnState } from "./media/own";
import type { DeviceState } from "./media/devices";
import type { LessonSessionState } from "./lesson";
import { TEACHER_SEAT, type LessonView, type RecordingFault } from "./protocol";
import { t, type StringKey } from "./strings";
import { seatOf } from "./wanted";

export interface Banner {
  kind: "bad" | "warn" | "info";
  text: string;
}

export function deviceSentence(device: "camera" | "microphone", state: DeviceState | null): string | null {
  if (state === null || state === "ok") return null;
  return state === "insecure" ? t("device_insecure") : t(`${device}_${state}` as StringKey);
}

/** What is wrong with what is being recorded: of this room in whole sentences, of another in a few words. */
export function faultsText(faults: RecordingFault[], which: "warn_own_" | "warn_"): string {
  return faults.map((fault) => t(`${which}${fault}`)).join(which === "warn_" ? t("list_comma") : "");
}

/** The one most urgent thing to say on a page that is in a lesson; null when all is well. `own` is null where nothing is sent. */
export function banner(session: LessonSessionState, own: OwnState | null, loss: number): Banner | null {
  if (session.phase === "replaced" || session.phase === "refused") return null; // the page's last word says it
  if (session.phase !== "open" && session.reached && session.view?.state !== "ended") {
    return { kind: "bad", text: t(session.restarting ? "banner_restarting" : "banner_lost") };
  }
  if (own !== null && !own.opening) {
    const sentence = deviceSentence("microphone", own.microphone) ?? deviceSentence("camera", own.camera);
    if (sentence !== null) return { kind: "warn", text: sentence };
  }
  if (session.cameraWasUp && !session.cameraUp) return { kind: "warn", text: t("banner_upload") };
  const faults = session.seat === null ? [] : (session.warnings[session.seat] ?? []);
  if (faults.length > 0) return { kind: "warn", text: faultsText(faults, "warn_own_") };
  if (loss > 0.08) return { kind: "warn", text: t("banner_weak") };
  return session.narrow ? { kind: "info", text: t("banner_narrow") } : null;
}

/** Why the teacher's picture is not there, for those who watch it. `seen`: it has been there before. */
export function teacherSentence(view: LessonView | null, seen: boolean): string {
  const seat = view === null ? undefined : seatOf(view, TEACHER_SEAT);
  if (!seat || (!seat.present && seat.streams.length === 0)) return t(view?.started_at ? "join_teacher_lost" : "join_teacher_absent");
  const camera = seat.streams.find((stream) => stream.source === "camera");
  if (camera && camera.audio && !camera.video) return t("join_teacher_audio");
  if (view?.state === "open") return t("join_waiting");
  return t(seen ? "join_teacher_lost" : "tile_connecting");
}

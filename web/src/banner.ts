import type { OwnState } from "./media/own";
import type { DeviceState } from "./media/devices";
import type { LessonSessionState } from "./lesson";
import { t, type StringKey } from "./strings";

export interface Banner {
  kind: "bad" | "warn" | "info";
  text: string;
}

export function deviceSentence(device: "camera" | "microphone", state: DeviceState | null): string | null {
  if (state === null || state === "ok") return null;
  return state === "insecure" ? t("device_insecure") : t(`${device}_${state}` as StringKey);
}

/** The one most urgent thing to say on a page that is in a lesson; null when all is well. */
export function banner(session: LessonSessionState, own: OwnState, loss: number): Banner | null {
  if (session.phase !== "open" && session.reached && session.view?.state !== "ended") {
    return { kind: "bad", text: t(session.restarting ? "banner_restarting" : "banner_lost") };
  }
  if (!own.opening) {
    const sentence = deviceSentence("microphone", own.microphone) ?? deviceSentence("camera", own.camera);
    if (sentence !== null) return { kind: "warn", text: sentence };
  }
  if (session.cameraWasUp && !session.cameraUp) return { kind: "warn", text: t("banner_upload") };
  return loss > 0.08 ? { kind: "warn", text: t("banner_weak") } : null;
}

import type { catalogue } from "./catalogue";
import type { CheckResult, Finding, Measured } from "./shapes";
import { c } from "./strings";

type Key = keyof typeof catalogue;

const mbps = (kbps: number): string => (kbps / 1000).toFixed(1);
const percent = (share: number): string => (share * 100).toFixed(1);

/** What was measured for a line of the table. */
export function valueText({ line, why }: Finding, measured: Measured): string {
  const none = c("value_none");
  const rate = (kbps: number | null): string => (kbps === null ? none : c("value_rate", { rate: mbps(kbps) }));
  switch (line) {
    case "camera":
      return measured.width === null ? none : c("value_camera", { width: measured.width, height: measured.height ?? 0, fps: Math.round(measured.fps ?? 0) });
    case "microphone":
      return measured.voice_db === null ? none : c("value_microphone", { voice: Math.round(measured.voice_db), noise: Math.round(measured.noise_db ?? 0) });
    case "speaker":
      return measured.delay_ms === null ? none : c("value_speaker", { delay: measured.delay_ms });
    case "echo":
      return measured.echo_db === null ? none : c("value_echo", { echo: Math.round(measured.echo_db) });
    case "path":
      return why === "blocked" ? none : why.replace("relay_", "TURN ").toUpperCase();
    case "up":
      return rate(measured.up_kbps);
    case "down":
      return rate(measured.down_kbps);
    case "round_trip":
      return measured.round_trip_ms === null ? none : c("value_ms", { ms: measured.round_trip_ms });
    case "loss":
      return measured.loss === null ? none : c("value_loss", { loss: percent(measured.loss) });
  }
}

/** What the standard asks of it. */
export function wantedText({ line }: Finding, limits: CheckResult["limits"]): string {
  switch (line) {
    case "camera":
      return c("wanted_camera", { height: limits.height });
    case "up":
      return c("wanted_rate", { rate: limits.up_kbps / 1000 });
    case "down":
      return c("wanted_rate", { rate: limits.down_kbps / 1000 });
    case "round_trip":
      return c("wanted_ms", { ms: limits.round_trip_ms });
    case "loss":
      return c("wanted_loss", { loss: Math.round(limits.loss * 1000) / 10 });
    default:
      return c(`wanted_${line}`);
  }
}

export const adviceText = ({ line, why }: Finding): string => c(`${line}_${why}` as Key);

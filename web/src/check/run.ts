import { shallowReactive } from "vue";
import { api, Problem, sentence } from "../api";
import { capture, release, type Capture, type DeviceState } from "../media/devices";
import { measureCamera } from "./camera";
import { measureLine, type LineFigures } from "./line";
import type { BegunCheck, CheckResult, Measured } from "./shapes";
import { measureLoop, measureVoice, pause } from "./sound";

// One check from its first step to its verdict. What is seen and heard stays in this page; numbers alone leave it.

export const STEPS = ["camera", "microphone", "speaker", "line"] as const;
export type Step = (typeof STEPS)[number];

export interface RunState {
  step: Step | null;
  done: readonly Step[];
  /** 0…1 over all steps. */
  progress: number;
  preview: MediaStream | null;
  level: number;
  /** Others have the line; this room waits for its turn. */
  queued: boolean;
  /** Why the line could not be measured. */
  trouble: string;
  measured: Measured | null;
  result: CheckResult | null;
  running: boolean;
}

const WISH = { width: 1920, height: 1080, fps: 25, layers: [] };
const CAMERA_S = 2.5;
const VOICE_S = 5;
const BUSY: ReadonlySet<string> = new Set(["too_many_checks", "too_many_tries"]);
const QUEUE_TRIES = 24;
const QUEUE_MS = 5000;
const SHARE: Record<Step, number> = { camera: 0.12, microphone: 0.2, speaker: 0.12, line: 0.56 };

const NOTHING: LineFigures = { path: null, up_kbps: null, down_kbps: null, round_trip_ms: null, loss: null };

export class CheckRun {
  readonly state = shallowReactive<RunState>({ step: null, done: [], progress: 0, preview: null, level: 0, queued: false, trouble: "", measured: null, result: null, running: false });
  private devices: Capture | null = null;
  private ticket: string | null = null;
  private gone = false;

  /** `token` null: nothing is kept. */
  constructor(private readonly token: string | null) {}

  async start(): Promise<void> {
    if (this.state.running) return;
    Object.assign(this.state, { step: "camera", done: [], progress: 0, trouble: "", measured: null, result: null, running: true });
    try {
      await this.all();
    } catch (error) {
      this.state.trouble = sentence(error);
    } finally {
      this.close();
      Object.assign(this.state, { running: false, step: null, queued: false });
    }
  }

  /** The page goes away: camera off, the server's part ended. */
  leave(): void {
    this.gone = true;
    this.close();
  }

  private close(): void {
    release(this.devices);
    this.devices = null;
    this.state.preview = null;
    if (this.ticket !== null) void fetch(`/api/v1/checks/${this.ticket}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
    this.ticket = null;
  }

  private async all(): Promise<void> {
    const devices = (this.devices = await capture(WISH));
    if (this.gone) return this.close();
    this.state.preview = devices.video ? new MediaStream([devices.video]) : null;
    const seen = devices.video ? await measureCamera(devices.video, CAMERA_S) : { width: null, height: null, fps: null, is_dark: false };
    this.next("microphone");
    const voice = devices.audio ? await measureVoice(devices.audio, VOICE_S, (level) => (this.state.level = level)) : { voice_db: null, noise_db: null, clipped: 0 };
    this.next("speaker");
    const loop = devices.audio ? await measureLoop(devices.audio) : { heard: null, delay_ms: null, echo_db: null, howls: false };
    // The camera's work is done, and the line's needs the processor.
    release(devices);
    this.state.preview = null;
    this.next("line");
    if (this.gone) return;
    const line = await this.line();
    if (this.gone || this.ticket === null) return;
    const measured: Measured = { camera: told(devices.camera), ...seen, microphone: told(devices.microphone), ...voice, ...loop, ...line };
    this.state.measured = measured;
    const result = await api<CheckResult>("PUT", `/checks/${this.ticket}`, null, measured);
    this.ticket = null;
    Object.assign(this.state, { result, progress: 1, done: STEPS });
  }

  private next(step: Step): void {
    const done = STEPS.slice(0, STEPS.indexOf(step));
    Object.assign(this.state, { step, done, level: 0, progress: done.reduce((sum, each) => sum + SHARE[each], 0) });
  }

  private async line(): Promise<LineFigures> {
    const begun = await this.begin();
    this.ticket = begun.ticket;
    const from = this.state.progress;
    try {
      return await measureLine(begun.ticket, begun.ice_servers, (share) => (this.state.progress = from + SHARE.line * share));
    } catch (error) {
      // The rest is judged all the same.
      this.state.trouble = sentence(error);
      return NOTHING;
    }
  }

  /** A ticket, as soon as it is this room's turn. */
  private async begin(): Promise<BegunCheck> {
    for (let tries = 1; ; tries++) {
      try {
        const begun = await api<BegunCheck>("POST", "/checks", this.token);
        this.state.queued = false;
        return begun;
      } catch (error) {
        if (!(error instanceof Problem) || !BUSY.has(error.code) || tries >= QUEUE_TRIES || this.gone) throw error;
        this.state.queued = true;
        await pause(QUEUE_MS);
      }
    }
  }
}

/** A device that was pulled out meanwhile is missing. */
const told = (state: DeviceState): Measured["camera"] => (state === "ended" ? "missing" : state);

import { shallowReactive } from "vue";
import { capture, captureSecond, choices, choose, release, type Capture, type DeviceChoice, type DeviceState } from "./devices";
import { remember, remembered } from "../keys";
import { LevelMeter } from "./levels";
import type { Shape } from "./shapes";

// The camera and microphone of this PC for as long as a page needs them: opened, watched, and opened again when one was
// pulled out, was busy, or has just been allowed.

const RETRY_MS = 5000;

/** What a second camera in the room shows. */
export const SECOND_ROLES = ["students", "board", "stand"] as const;
export type SecondRole = (typeof SECOND_ROLES)[number];

const rememberedRole = (): SecondRole => SECOND_ROLES.find((role) => role === remembered("second_role")) ?? "students";

export interface OwnState {
  opening: boolean;
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
  /** What to show as the own picture; a new object whenever the camera changes. */
  preview: MediaStream | null;
  camera: DeviceState | null;
  microphone: DeviceState | null;
  /** A second camera, pictures alone; null without one. */
  second: MediaStreamTrack | null;
  secondRole: SecondRole;
  cameras: DeviceChoice[];
  microphones: DeviceChoice[];
}

export class OwnDevices {
  readonly state = shallowReactive<OwnState>({
    opening: false,
    video: null,
    audio: null,
    preview: null,
    camera: null,
    microphone: null,
    second: null,
    secondRole: rememberedRole(),
    cameras: [],
    microphones: [],
  });
  private meter: LevelMeter | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private opens = 0;
  private closed = true;
  private videoOn = true;
  private audioOn = true;
  private readonly permissions: PermissionStatus[] = [];
  private readonly plugged = (): void => void this.replugged();

  constructor(
    private readonly shape: Shape,
    private readonly changed: () => void,
  ) {}

  async open(): Promise<void> {
    if (this.closed) {
      this.closed = false;
      navigator.mediaDevices?.addEventListener("devicechange", this.plugged);
      void this.watchPermissions();
    }
    await this.reopen();
  }

  /** Another second camera, or none (""), and what it shows; remembered on this PC. */
  async chooseSecond(device: string, role: SecondRole): Promise<void> {
    remember("second_camera", device);
    remember("second_role", role);
    await this.openSecond();
    this.changed();
  }

  private async openSecond(): Promise<void> {
    this.state.second?.stop();
    this.state.second = null;
    this.state.secondRole = rememberedRole();
    const device = remembered("second_camera");
    if (!device || device === this.state.video?.getSettings().deviceId) return;
    const track = await captureSecond(device, this.shape);
    if (this.closed || this.state.second !== null) return track?.stop();
    if (track) track.onended = () => ((this.state.second = null), this.changed());
    this.state.second = track;
  }

  async choose(kind: "camera" | "microphone", device: string): Promise<void> {
    choose(kind, device);
    await this.reopen();
  }

  /** Mute and camera off: silence and black flow on, the connection stays. */
  enable(kind: "audio" | "video", on: boolean): void {
    if (kind === "audio") this.audioOn = on;
    else this.videoOn = on;
    this.applyEnabled();
  }

  tracks(): MediaStreamTrack[] {
    return [this.state.audio, this.state.video].filter((track) => track !== null);
  }

  level(): number {
    return this.audioOn ? (this.meter?.level() ?? 0) : 0;
  }

  /** Idempotent. */
  close(): void {
    this.closed = true;
    this.opens++;
    clearTimeout(this.retry);
    navigator.mediaDevices?.removeEventListener("devicechange", this.plugged);
    for (const status of this.permissions.splice(0)) status.onchange = null;
    release({ video: this.state.video, audio: this.state.audio, camera: "ok", microphone: "ok" });
    this.state.second?.stop();
    this.state.second = null;
    this.meter?.close();
    this.meter = null;
    Object.assign(this.state, { video: null, audio: null, preview: null, camera: null, microphone: null, opening: false });
  }

  private async reopen(): Promise<void> {
    clearTimeout(this.retry);
    const mine = ++this.opens;
    this.state.opening = true;
    // Some drivers give a camera to one holder only, even within the same page: let go of the old one first.
    release({ video: this.state.video, audio: this.state.audio, camera: "ok", microphone: "ok" });
    const fresh = await capture(this.shape);
    if (mine !== this.opens) return release(fresh);
    this.take(fresh);
    const listed = await choices();
    if (mine !== this.opens) return;
    Object.assign(this.state, listed);
    if (!remembered("second_camera")) return;
    await this.openSecond();
    this.changed();
  }

  private take(fresh: Capture): void {
    Object.assign(this.state, fresh, { opening: false, preview: fresh.video ? new MediaStream([fresh.video]) : null });
    this.applyEnabled();
    try {
      this.meter ??= new LevelMeter();
      this.meter.listen(fresh.audio);
    } catch {
      this.meter = null; // No Web Audio: the lesson does without a level bar.
    }
    for (const track of this.tracks()) track.onended = () => this.lost(track);
    this.retryLater();
    this.changed();
  }

  private lost(track: MediaStreamTrack): void {
    if (track === this.state.video) Object.assign(this.state, { video: null, preview: null, camera: "ended" satisfies DeviceState });
    else if (track === this.state.audio) Object.assign(this.state, { audio: null, microphone: "ended" satisfies DeviceState });
    else return;
    this.retryLater();
    this.changed();
  }

  /** A busy camera becomes free without any event: look again. What is missing or denied announces its return. */
  private retryLater(): void {
    clearTimeout(this.retry);
    const waiting: (DeviceState | null)[] = ["busy", "ended"];
    if (waiting.includes(this.state.camera) || waiting.includes(this.state.microphone)) {
      this.retry = setTimeout(() => void this.reopen(), RETRY_MS);
    }
  }

  private async replugged(): Promise<void> {
    if (this.state.opening) return;
    if (this.state.camera !== "ok" || this.state.microphone !== "ok") await this.reopen();
    else Object.assign(this.state, await choices());
  }

  private async watchPermissions(): Promise<void> {
    for (const name of ["camera", "microphone"]) {
      try {
        const status = await navigator.permissions.query({ name: name as PermissionName });
        if (this.closed) return;
        status.onchange = () => {
          if (status.state === "granted" && !this.state.opening && this.state[name as "camera" | "microphone"] !== "ok") void this.reopen();
        };
        this.permissions.push(status);
      } catch {
        // A browser without these names (Firefox): a reload does it there.
      }
    }
  }

  private applyEnabled(): void {
    if (this.state.audio) this.state.audio.enabled = this.audioOn;
    if (this.state.video) this.state.video.enabled = this.videoOn;
  }
}

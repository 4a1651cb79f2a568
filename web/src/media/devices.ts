import { remember, remembered } from "../keys";
import type { Shape } from "./shapes";

// Camera and microphone of this PC: opened together when that works, one by one when it does not, because a classroom
// without a camera can still hear and speak, and one without a microphone can still be seen.

export type DeviceState = "ok" | "missing" | "denied" | "busy" | "insecure" | "ended";

export interface Capture {
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
  camera: DeviceState;
  microphone: DeviceState;
}

/** What a failed getUserMedia means to the person in front of it. */
export function deviceState(error: unknown): DeviceState {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError" || name === "TrackStartError") return "busy";
  return "missing";
}

function videoWish(shape: Shape): MediaTrackConstraints {
  const wish: MediaTrackConstraints = {
    width: { ideal: shape.width },
    height: { ideal: shape.height },
    frameRate: { ideal: shape.fps },
  };
  const device = remembered("camera");
  if (device) wish.deviceId = { ideal: device };
  return wish;
}

function audioWish(): MediaTrackConstraints {
  const wish: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const device = remembered("microphone");
  if (device) wish.deviceId = { ideal: device };
  return wish;
}

export function choose(kind: "camera" | "microphone", device: string): void {
  remember(kind, device);
}

/** Never throws: what could not be opened is said in the states. */
export async function capture(shape: Shape): Promise<Capture> {
  // Not there at all on plain http: browsers hide cameras from pages that are not secure.
  if (navigator.mediaDevices === undefined) return { video: null, audio: null, camera: "insecure", microphone: "insecure" };
  try {
    return opened(await navigator.mediaDevices.getUserMedia({ video: videoWish(shape), audio: audioWish() }));
  } catch {
    const [video, audio] = [await one({ video: videoWish(shape) }), await one({ audio: audioWish() })];
    return {
      video: video.track,
      audio: audio.track,
      camera: video.state,
      microphone: audio.state,
    };
  }
}

async function one(wish: MediaStreamConstraints): Promise<{ track: MediaStreamTrack | null; state: DeviceState }> {
  try {
    const track = hinted(await navigator.mediaDevices.getUserMedia(wish)).getTracks()[0] ?? null;
    return { track, state: track === null ? "missing" : "ok" };
  } catch (error) {
    return { track: null, state: deviceState(error) };
  }
}

function opened(stream: MediaStream): Capture {
  hinted(stream);
  const video = stream.getVideoTracks()[0] ?? null;
  const audio = stream.getAudioTracks()[0] ?? null;
  return { video, audio, camera: video ? "ok" : "missing", microphone: audio ? "ok" : "missing" };
}

function hinted(stream: MediaStream): MediaStream {
  for (const track of stream.getVideoTracks()) track.contentHint = "motion";
  return stream;
}

export function release(capture: Capture | null): void {
  capture?.video?.stop();
  capture?.audio?.stop();
}

export interface DeviceChoice {
  id: string;
  label: string;
}

export async function choices(): Promise<{ cameras: DeviceChoice[]; microphones: DeviceChoice[] }> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind: MediaDeviceKind): DeviceChoice[] =>
    devices.filter((device) => device.kind === kind && device.deviceId !== "").map((device) => ({ id: device.deviceId, label: device.label }));
  return { cameras: of("videoinput"), microphones: of("audioinput") };
}

/** Pictures of exactly this camera; null when it is not there or is taken. */
export async function captureSecond(device: string, shape: Shape): Promise<MediaStreamTrack | null> {
  const wish = { deviceId: { exact: device }, width: { ideal: shape.width }, height: { ideal: shape.height }, frameRate: { ideal: shape.fps } };
  return (await one({ video: wish })).track;
}

/** Null when the person changed their mind or the browser cannot. */
export async function captureScreen(shape: Shape): Promise<MediaStream | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { width: { max: shape.width }, height: { max: shape.height }, frameRate: { ideal: shape.fps } },
      audio: true,
    });
    for (const track of stream.getVideoTracks()) track.contentHint = "detail";
    return stream;
  } catch {
    return null;
  }
}

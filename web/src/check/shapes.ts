import type { DeviceState } from "../media/devices";
import type { Path } from "../media/path";
import type { Instant } from "../protocol";

// What the server takes and says of a check (`/checks`).

export type Mark = "good" | "warn" | "bad" | "none";
export type Line = "camera" | "microphone" | "speaker" | "echo" | "path" | "up" | "down" | "round_trip" | "loss";

export interface Measured {
  camera: Exclude<DeviceState, "ended">;
  width: number | null;
  height: number | null;
  fps: number | null;
  is_dark: boolean;
  microphone: Exclude<DeviceState, "ended">;
  voice_db: number | null;
  noise_db: number | null;
  clipped: number;
  heard: boolean | null;
  delay_ms: number | null;
  echo_db: number | null;
  howls: boolean;
  path: Path | null;
  up_kbps: number | null;
  down_kbps: number | null;
  round_trip_ms: number | null;
  loss: number | null;
}

export interface Finding {
  line: Line;
  mark: Mark;
  why: string;
  item: string | null;
}

export interface BegunCheck {
  ticket: string;
  ice_servers: RTCIceServer[];
  keeps: boolean;
  school: string | null;
  classroom: string | null;
}

export interface CheckResult {
  standard: string;
  limits: { up_kbps: number; down_kbps: number; round_trip_ms: number; loss: number; height: number };
  findings: Finding[];
  passed: boolean;
  half_duplex: boolean;
  kept: boolean;
  at: Instant;
}

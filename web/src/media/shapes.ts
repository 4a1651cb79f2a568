import type { Layer } from "./layers";

// How large the pictures are that are sent, and in which layers.

export interface Shape {
  width: number;
  height: number;
  fps: number;
  layers: readonly Layer[];
}

export const TEACHER_CAMERA: Shape = {
  width: 1280,
  height: 720,
  fps: 25,
  layers: [
    { rid: "h", scale: 1, max_bps: 1_500_000, fps: 25 },
    { rid: "m", scale: 2, max_bps: 500_000, fps: 25 },
    { rid: "l", scale: 4, max_bps: 150_000, fps: 25 },
  ],
};
export const CLASSROOM_CAMERA: Shape = {
  width: 640,
  height: 360,
  fps: 25,
  layers: [
    { rid: "h", scale: 1, max_bps: 500_000, fps: 25 },
    { rid: "l", scale: 2, max_bps: 150_000, fps: 25 },
  ],
};
/** Text has to stay sharp, motion may suffer; half the size can still be read on a weak line. */
export const SCREEN: Shape = {
  width: 1920,
  height: 1080,
  fps: 15,
  layers: [
    { rid: "h", scale: 1, max_bps: 2_000_000, fps: 15 },
    { rid: "l", scale: 2, max_bps: 300_000, fps: 5 },
  ],
};

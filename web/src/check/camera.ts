// What a camera really delivers: size, pictures a second, and whether there is anything to be seen.

export interface CameraFigures {
  width: number | null;
  height: number | null;
  fps: number | null;
  is_dark: boolean;
}

/** Of 255, over the picture: below, a cap is on the lens or the room is dark. */
const DARK = 18;

export async function measureCamera(track: MediaStreamTrack, seconds: number): Promise<CameraFigures> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  await video.play().catch(() => undefined);
  const pictures = await counted(video, seconds);
  const figures = { width: video.videoWidth || null, height: video.videoHeight || null, fps: pictures, is_dark: pictures !== null && pictures > 0 && brightness(video) < DARK };
  video.srcObject = null;
  return figures;
}

/** Pictures a second, from the first one on; 0 when none came, null where the browser does not tell. */
function counted(video: HTMLVideoElement, seconds: number): Promise<number | null> {
  if (!("requestVideoFrameCallback" in video)) return Promise.resolve(null);
  return new Promise((resolve) => {
    let first: { at: number; frames: number } | null = null;
    let last = { at: 0, frames: 0 };
    const next = (at: number, { presentedFrames }: VideoFrameCallbackMetadata): void => {
      last = { at, frames: presentedFrames };
      first ??= last;
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    setTimeout(() => {
      const took_s = first === null ? 0 : (last.at - first.at) / 1000;
      resolve(first === null || took_s <= 0 ? 0 : Math.round(((last.frames - first.frames) / took_s) * 10) / 10);
    }, seconds * 1000);
  });
}

function brightness(video: HTMLVideoElement): number {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 18];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (pen === null) return 255;
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
  return sum / (data.length / 4);
}

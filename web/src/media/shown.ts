// How high a picture is on this screen: the server sends a tile the smallest layer, the stage the largest, and what nobody
// sees costs no line.

const SETTLE_MS = 200;

interface Size {
  width: number;
  height: number;
}

/** Device pixels from top to bottom of a picture fitted whole into a box; of one that has not come yet, 16:9 is assumed. */
export function shownHeight(box: Size, picture: Size, ratio: number): number {
  const shape = picture.width > 0 && picture.height > 0 ? picture.width / picture.height : 16 / 9;
  return Math.round(Math.min(box.height, box.width / shape) * ratio);
}

/** Tells the height of a video's picture once it has settled, and after every change; 0 in a tab that is not seen. Returns the end. */
export function watchShown(video: HTMLVideoElement, tell: (height: number) => void): () => void {
  // That of the second window, for what is shown there.
  const page = video.ownerDocument;
  let told: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const measure = (): void => {
    const box = { width: video.clientWidth, height: video.clientHeight };
    const picture = { width: video.videoWidth, height: video.videoHeight };
    const height = page.visibilityState === "visible" ? shownHeight(box, picture, window.devicePixelRatio) : 0;
    if (height !== told) tell((told = height));
  };
  const settle = (): void => {
    clearTimeout(timer);
    timer = setTimeout(measure, SETTLE_MS);
  };
  const observer = new ResizeObserver(settle);
  observer.observe(video);
  video.addEventListener("resize", settle);
  page.addEventListener("visibilitychange", settle);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
    video.removeEventListener("resize", settle);
    page.removeEventListener("visibilitychange", settle);
  };
}

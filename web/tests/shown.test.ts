import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { shownHeight, watchShown } from "../src/media/shown";

describe("shownHeight", () => {
  it.each([
    ["a box of the picture's shape", { width: 320, height: 180 }, { width: 1280, height: 720 }, 1, 180],
    ["a wide box", { width: 2000, height: 400 }, { width: 1280, height: 720 }, 1, 400],
    ["a tall box", { width: 640, height: 700 }, { width: 1280, height: 720 }, 1, 360],
    ["a fine screen", { width: 640, height: 360 }, { width: 640, height: 480 }, 1.5, 540],
    ["a picture that has not come yet", { width: 640, height: 700 }, { width: 0, height: 0 }, 1, 360],
    ["no box at all", { width: 0, height: 0 }, { width: 1280, height: 720 }, 1, 0],
  ])("%s", (_what, box, picture, ratio, height) => expect(shownHeight(box, picture, ratio)).toBe(height));
});

describe("watchShown", () => {
  let resized: () => void = () => undefined;
  let disconnected = false;
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const video = Object.assign(new EventTarget(), { clientWidth: 320, clientHeight: 180, videoWidth: 640, videoHeight: 360 });

  beforeEach(() => {
    vi.useFakeTimers();
    disconnected = false;
    Object.assign(video, { ownerDocument: page });
    vi.stubGlobal("window", { devicePixelRatio: 1 });
    vi.stubGlobal("ResizeObserver", class {
      constructor(callback: () => void) {
        resized = callback;
      }
      observe(): void {
        resized();
      }
      disconnect(): void {
        disconnected = true;
      }
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("tells a height once it has settled, and only what is new", () => {
    const told: number[] = [];
    const end = watchShown(video as unknown as HTMLVideoElement, (height) => told.push(height));
    vi.advanceTimersByTime(150);
    video.clientHeight = 90;
    resized();
    vi.advanceTimersByTime(150);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(100);
    video.dispatchEvent(new Event("resize"));
    vi.advanceTimersByTime(1000);
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(1000);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([90, 0, 90]);
    resized();
    end();
    vi.advanceTimersByTime(1000);
    expect([told.length, disconnected]).toEqual([3, true]);
  });
});

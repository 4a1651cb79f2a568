import { afterEach, expect, it, vi } from "vitest";
import { Link } from "../src/media/link";

afterEach(() => void vi.unstubAllGlobals());

/** Connections whose offers are ready when the test says so. */
function slowOffers(): (() => void)[] {
  const ready: (() => void)[] = [];
  class Connection {
    localDescription = { sdp: "offer" };
    createOffer = (): Promise<unknown> => new Promise((resolve) => ready.push(() => resolve({ type: "offer", sdp: "offer" })));
    setLocalDescription = (): Promise<void> => Promise.resolve();
    close(): void {}
  }
  vi.stubGlobal("RTCPeerConnection", Connection);
  return ready;
}

function link(): { link: Link; posts: () => number } {
  const fetched = vi.fn(() => new Promise<Response>(() => undefined));
  vi.stubGlobal("fetch", fetched);
  return { link: new Link({ url: "/whip/a/b/camera", token: "t", prepare: () => undefined, changed: () => undefined }), posts: () => fetched.mock.calls.length };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

it("asks once when the line is said to be back while an offer is being made", async () => {
  const ready = slowOffers();
  const one = link();
  one.link.start();
  one.link.suspect();
  await settled();
  ready.forEach((go) => go());
  await settled();
  expect([ready.length, one.posts()]).toEqual([1, 1]);
  one.link.stop();
});

it("does not ask for what is no longer wanted", async () => {
  const ready = slowOffers();
  const one = link();
  one.link.start();
  one.link.stop();
  ready.forEach((go) => go());
  await settled();
  expect([ready.length, one.posts()]).toEqual([1, 0]);
});

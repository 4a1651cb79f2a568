import { describe, expect, it } from "vitest";
import { Uplink, type Width } from "../src/media/uplink";

interface Sent {
  active?: boolean;
  targetBitrate?: number;
}
const entry = (reason: string, more: Sent = {}): object => ({ type: "outbound-rtp", kind: "video", active: true, targetBitrate: 150_000, qualityLimitationReason: reason, ...more });
/** Measured anew at each look, or never again. */
const trip = (currentRoundTripTime: number, count = (): number => 0): object => ({
  type: "candidate-pair",
  nominated: true,
  currentRoundTripTime,
  get responsesReceived() {
    return count();
  },
});
/** The same by the server's report. */
const reported = (roundTripTime: number, count = (): number => 0): object => ({
  type: "remote-inbound-rtp",
  roundTripTime,
  get roundTripTimeMeasurements() {
    return count();
  },
});
let measured = 0;
const now = (): number => ++measured;

/** What is said at the end of these seconds, each with these statistics. */
function after(uplink: Uplink, from: number, seconds: number, ...entries: object[]): Width {
  let said: Width = "wide";
  for (let at = from; at <= from + seconds * 1000; at += 200) said = uplink.width(entries as never, at);
  return said;
}

describe("a seat's own line", () => {
  it("is not called narrow while its connection begins", () => {
    expect(after(new Uplink(0), 0, 14, entry("bandwidth"))).toBe("wide");
  });
  it("is narrow once the browser has held back for long, and wide again soon after it stops", () => {
    const uplink = new Uplink(0);
    expect(after(uplink, 0, 20, entry("none"))).toBe("wide");
    expect(after(uplink, 20_200, 4, entry("none"), entry("bandwidth"))).toBe("wide");
    expect(after(uplink, 24_400, 6, entry("none"), entry("bandwidth"))).toBe("narrow");
    expect(after(uplink, 30_600, 5, entry("none"))).toBe("narrow");
    expect(after(uplink, 35_800, 6, entry("none"))).toBe("wide");
  });
  it("is not judged by a busy processor, nor by layers that nobody wants", () => {
    expect(after(new Uplink(0), 0, 40, entry("cpu"), entry("bandwidth", { active: false }))).toBe("wide");
  });

  const least = [entry("bandwidth", { targetBitrate: 30_000 }), entry("bandwidth", { targetBitrate: 500_000, active: false })];
  it("is thin when the least picture makes a queue, from the beginning, and is tried again ever less often", () => {
    const uplink = new Uplink(0);
    expect(after(uplink, 0, 1.8, ...least, trip(0.5, now))).toBe("wide");
    expect(after(uplink, 2_000, 2.4, ...least, trip(0.5, now))).toBe("blocked");
    expect(after(uplink, 4_600, 27.2, entry("none"), trip(0.05))).toBe("thin");
    expect(after(uplink, 32_000, 1.8, ...least, trip(0.5, now))).toBe("wide");
    expect(after(uplink, 34_000, 59.8, ...least, trip(0.5, now))).toBe("thin");
    expect(after(uplink, 94_000, 0, entry("none"), trip(0.05))).toBe("narrow");
    expect(after(uplink, 95_000, 40, entry("none"), trip(0.05))).toBe("wide");
    expect(after(uplink, 140_000, 2, ...least, trip(0.5, now))).toBe("blocked");
    expect(after(uplink, 142_200, 29.6, entry("none"))).toBe("thin");
    expect(after(uplink, 172_000, 0, entry("none"))).toBe("wide");
  });
  it("is thin as well where most of the sound gets lost, whatever old measures say, and sooner where no picture comes in", () => {
    const lost = (fractionLost: number): object[] => [{ type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.04, fractionLost, get roundTripTimeMeasurements() { return now(); } }];
    expect(after(new Uplink(0), 0, 14, ...least, trip(0.01), ...lost(0.3))).toBe("wide");
    expect(after(new Uplink(0), 0, 1.8, ...least, trip(0.01), ...lost(0.5))).toBe("wide");
    expect(after(new Uplink(0), 0, 2, ...least, trip(0.01), ...lost(0.5))).toBe("blocked");
    const starved = new Uplink(0);
    const said = [0, 400, 800, 1200].map((at) => starved.width([...least, trip(0.01), ...lost(0.5)] as never, at, true));
    expect(said).toEqual(["wide", "wide", "wide", "blocked"]);
  });
  it("is thin from the beginning where that is known, and is left alone while no picture comes in either", () => {
    const uplink = new Uplink(0, true);
    expect(after(uplink, 0, 29.8, entry("none"), trip(0.05))).toBe("thin");
    expect(uplink.width([entry("none"), trip(0.05)] as never, 31_000, true)).toBe("thin");
    expect(uplink.width([entry("none"), trip(0.05)] as never, 149_000, true)).toBe("thin");
    expect(uplink.width([entry("none"), trip(0.05)] as never, 149_200)).toBe("wide");
  });
  it("is not thin for its losses alone, nor for somebody else's queue while there is room for a picture", () => {
    expect(after(new Uplink(0), 0, 14, ...least, trip(0.05, now))).toBe("wide");
    expect(after(new Uplink(0), 0, 14, entry("bandwidth"), trip(0.5, now))).toBe("wide");
    expect(after(new Uplink(0), 0, 14, trip(0.5, now))).toBe("wide");
  });
  it("is thin by what the server's reports say, as well, unless anything shows that there is no queue", () => {
    expect(after(new Uplink(0), 0, 2.4, ...least, trip(0.01), reported(0.5, now))).toBe("blocked");
    expect(after(new Uplink(0), 0, 14, ...least, trip(0.01, now), reported(0.5, now))).toBe("wide");
    expect(after(new Uplink(0), 0, 14, ...least, trip(0.01), reported(0.5))).toBe("wide");
  });
  it("is not thin for a queue that was measured before the browser held back", () => {
    expect(after(new Uplink(0), 0, 14, ...least, trip(0.5))).toBe("wide");
  });
});

import { describe, expect, it } from "vitest";
import { FIRST_PACKET_MS, Liveness, receivedSoFar } from "../src/media/liveness";
import { retryMs } from "../src/media/link";

/** Samples every 200 ms until `until`; the moment the connection was called dead, else null. */
function run(count: (now: number) => number, until: number): number | null {
  const liveness = new Liveness(0);
  for (let now = 0; now <= until; now += 200) if (liveness.isDead(now, count(now))) return now;
  return null;
}

describe("liveness", () => {
  it("holds while packets come", () => {
    expect(run((now) => now, 60_000)).toBeNull();
  });

  it("holds when something comes only twice a second", () => {
    expect(run((now) => 1 + Math.floor(now / 500), 60_000)).toBeNull();
  });

  it("gives up 1.5 s after the last packet", () => {
    const dead = run((now) => Math.min(now, 5000) + 1, 60_000);
    expect(dead).toBeGreaterThanOrEqual(6500);
    expect(dead).toBeLessThanOrEqual(6800);
  });

  it("lets a slow line finish its handshake", () => {
    expect(run((now) => (now < 4000 ? 0 : now), 10_000)).toBeNull();
    expect(run(() => 0, 10_000)).toBeGreaterThan(FIRST_PACKET_MS);
  });

  it("does not judge by one sample after a sleep", () => {
    const liveness = new Liveness(0);
    expect(liveness.isDead(200, 10)).toBe(false);
    expect(liveness.isDead(600_000, 10)).toBe(false);
    expect(liveness.isDead(600_200, 11)).toBe(false);
  });

  it("looks more closely for a while when it has been made suspicious", () => {
    const liveness = new Liveness(0);
    for (let now = 200; now <= 5000; now += 200) expect(liveness.isDead(now, now)).toBe(false);
    liveness.suspect(5000);
    expect(liveness.isDead(5500, 5000)).toBe(false);
    expect(liveness.isDead(5700, 5000)).toBe(true);
    expect(liveness.isDead(5800, 5001)).toBe(false);
    expect(liveness.isDead(9000, 5002)).toBe(false);
    expect(liveness.isDead(9900, 5002)).toBe(false);
  });
});

describe("receivedSoFar", () => {
  it("prefers the transport's packets", () => {
    expect(receivedSoFar([{ type: "candidate-pair", nominated: true, bytesReceived: 5 }, { type: "transport", packetsReceived: 7 }])).toBe(7);
  });
  it("falls back on the nominated pair's bytes", () => {
    expect(receivedSoFar([{ type: "candidate-pair", nominated: true, bytesReceived: 5 }, { type: "candidate-pair", bytesReceived: 9 }])).toBe(5);
  });
  it("says when a browser counts nothing", () => {
    expect(receivedSoFar([{ type: "codec" }])).toBeNull();
  });
});

describe("retryMs", () => {
  it("is quick at first and never slower than two seconds", () => {
    expect(retryMs(0, 0)).toBe(200);
    for (const status of [0, 404, 409, 429, 500, 503]) for (let n = 0; n < 100; n++) expect(retryMs(n, status)).toBeLessThanOrEqual(2000);
  });
});

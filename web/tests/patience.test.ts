import { describe, expect, it } from "vitest";
import { Patience } from "../src/media/patience";

describe("the buffer of sound", () => {
  it("waits as the browser likes while nothing is lost", () => {
    const patience = new Patience();
    expect(patience.target({ received: 0, lost: 0, roundTripMs: 80 }, 0)).toBeUndefined();
    expect(patience.target({ received: 50, lost: 0, roundTripMs: 80 }, 1000)).toBeNull();
  });
  it("waits a round trip for what was lost, and goes on for a minute after the last loss", () => {
    const patience = new Patience();
    patience.target({ received: 0, lost: 0, roundTripMs: 90 }, 0);
    expect(patience.target({ received: 48, lost: 2, roundTripMs: 90 }, 1000)).toBe(170);
    expect(patience.target({ received: 50, lost: 2, roundTripMs: 90 }, 1200)).toBeUndefined();
    expect(patience.target({ received: 98, lost: 2, roundTripMs: 90 }, 2000)).toBe(170);
    expect(patience.target({ received: 3000, lost: 2, roundTripMs: 90 }, 61_000)).toBeNull();
  });
  it("never waits so long that people talk over each other", () => {
    const patience = new Patience();
    patience.target({ received: 0, lost: 0, roundTripMs: null }, 0);
    expect(patience.target({ received: 10, lost: 5, roundTripMs: null }, 1000)).toBe(120);
    expect(patience.target({ received: 20, lost: 9, roundTripMs: 900 }, 2000)).toBe(300);
  });
});

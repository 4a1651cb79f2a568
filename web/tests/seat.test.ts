import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LessonView, Observers } from "../src/protocol";
import { backoffMs, Seat, type Phase, type SeatEvents, type SocketLike } from "../src/seat";

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  readonly sent: { type: string }[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }
  close(): void {
    this.closed = true;
  }
  opened(): void {
    this.onopen?.call(this as unknown as WebSocket, {} as Event);
  }
  say(message: object): void {
    this.onmessage?.call(this as unknown as WebSocket, { data: JSON.stringify(message) } as MessageEvent);
  }
  drop(): void {
    this.onclose?.call(this as unknown as WebSocket, {} as CloseEvent);
  }
}

const VIEW = { lesson: "l", state: "open", now: "2019-05-14T09:00:00+08:00", seats: [] } as unknown as LessonView;
const WELCOME = { type: "welcome", seat: "r1", role: "classroom", lesson: VIEW, recording_notice: false };

let sockets: FakeSocket[];
let phases: Phase[];
let errors: string[];
let watching: Observers[];
let seat: Seat;

const socket = (): FakeSocket => sockets[sockets.length - 1]!;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  phases = [];
  errors = [];
  watching = [];
  const events: SeatEvents = {
    phase: (phase) => phases.push(phase),
    welcome: () => undefined,
    lesson: () => undefined,
    links: () => undefined,
    observers: (observers) => watching.push(observers),
    voices: () => undefined,
    chat: () => undefined,
    layers: () => undefined,
    still: () => undefined,
    warnings: () => undefined,
    error: (error) => errors.push(error.code),
    time: () => undefined, told: () => undefined,
  };
  seat = new Seat({ token: "t", device: "d" }, events, () => sockets[sockets.push(new FakeSocket()) - 1]!, () => Date.now());
});
afterEach(() => {
  seat.stop();
  vi.useRealTimers();
});

function enter(): void {
  seat.start();
  socket().opened();
  socket().say(WELCOME);
}

describe("a seat", () => {
  it("says hello first and is open after the welcome", () => {
    enter();
    expect(socket().sent).toEqual([{ type: "hello", token: "t", device: "d", version: 1 }]);
    expect(phases).toEqual(["connecting", "open"]);
    expect(seat.send({ type: "raise_hand" })).toBe(true);
  });

  it("tells who watches", () => {
    enter();
    socket().say({ type: "observers", names: ["徐督学"], unnamed: 1 });
    expect(watching).toEqual([{ names: ["徐督学"], unnamed: 1 }]);
  });

  it("comes back 200 ms after the connection closed", () => {
    enter();
    socket().drop();
    expect(seat.phase).toBe("lost");
    expect(seat.send({ type: "raise_hand" })).toBe(false);
    vi.advanceTimersByTime(199);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(2);
    socket().opened();
    socket().say(WELCOME);
    expect(seat.phase).toBe("open");
  });

  it("tries for ever, never waiting more than a second", () => {
    enter();
    for (let round = 0; round < 200; round++) {
      const before = sockets.length;
      socket().drop();
      vi.advanceTimersByTime(1000);
      expect(sockets.length).toBeGreaterThan(before);
    }
    expect(backoffMs(0)).toBe(200);
    expect(backoffMs(100_000)).toBe(1000);
  });

  it("gives up an attempt that hangs", () => {
    seat.start();
    vi.advanceTimersByTime(4200);
    expect(sockets[0]!.closed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  it("notices a server that says nothing any more", () => {
    enter();
    vi.advanceTimersByTime(8200);
    expect(sockets[0]!.closed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("stays while pongs come", () => {
    enter();
    for (let second = 0; second < 60; second++) {
      vi.advanceTimersByTime(1000);
      socket().say({ type: "pong", t: 0, now: VIEW.now });
    }
    expect(sockets).toHaveLength(1);
    expect(socket().sent.filter((message) => message.type === "ping").length).toBeGreaterThan(20);
  });

  it("stops for good when a newer tab has the seat", () => {
    enter();
    socket().say({ type: "replaced" });
    vi.advanceTimersByTime(60_000);
    expect(seat.phase).toBe("replaced");
    expect(sockets).toHaveLength(1);
  });

  it.each(["token_expired", "lesson_unknown", "seat_taken", "lesson_ended"])("stops for good after %s instead of a welcome", (code) => {
    seat.start();
    socket().opened();
    socket().say({ type: "error", code, title: "…", detail: "…" });
    vi.advanceTimersByTime(60_000);
    expect(seat.phase).toBe("refused");
    expect(sockets).toHaveLength(1);
    expect(errors).toEqual([code]);
  });

  it("stays open after an error about one message", () => {
    enter();
    socket().say({ type: "error", code: "forbidden", title: "…", detail: "…" });
    expect(seat.phase).toBe("open");
  });

  it("knows a restart from a loss and is back at once", () => {
    enter();
    socket().say({ type: "closing" });
    expect(seat.phase).toBe("restarting");
    socket().drop();
    expect(seat.phase).toBe("restarting");
    vi.advanceTimersByTime(200);
    expect(sockets).toHaveLength(2);
  });

  it("does not sit out the wait when the network is back", () => {
    enter();
    socket().drop();
    seat.nudge();
    expect(sockets).toHaveLength(2);
  });

  it("asks a dead line often, and a slow one patiently", () => {
    enter();
    const before = sockets.length;
    socket().drop();
    vi.advanceTimersByTime(200 + 3 * (1500 + 200));
    expect(sockets).toHaveLength(before + 4);
    vi.advanceTimersByTime(3900);
    socket().opened();
    vi.advanceTimersByTime(3900);
    socket().say(WELCOME);
    expect(seat.phase).toBe("open");
    expect(sockets).toHaveLength(before + 4);
  });

  it("can be stopped twice and stays stopped", () => {
    enter();
    seat.stop();
    seat.stop();
    vi.advanceTimersByTime(60_000);
    expect(phases).toEqual(["connecting", "open", "stopped"]);
    expect(sockets).toHaveLength(1);
  });

  it("ignores what is no message", () => {
    enter();
    socket().onmessage?.call({} as WebSocket, { data: "{" } as MessageEvent);
    socket().onmessage?.call({} as WebSocket, { data: new ArrayBuffer(2) } as MessageEvent);
    expect(seat.phase).toBe("open");
  });
});

import type { ChatLine, ClientMessage, ErrorMessage, LessonView, LinkFigures, Observers, PageMessage, RecordingFault, ServerMessage, Source, VoiceFigures } from "./protocol";

// One WebSocket for as long as the lesson lives. It is opened again for ever, because nobody in the classroom will press
// a reload button; only a verdict of the server (token gone, lesson over, seat taken by a newer tab) ends it.

export type Phase =
  | "connecting" // first attempt, or a new one after a loss
  | "open" // welcome received
  | "lost" // closed, the next attempt is due
  | "restarting" // the server said it is going down
  | "replaced" // a newer tab has this seat
  | "refused" // the server will not have us: token expired, foreign lesson, …
  | "stopped"; // closed by this page

/** Errors after which trying again cannot help. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "token_missing",
  "token_invalid",
  "token_expired",
  "forbidden",
  "not_found",
  "lesson_unknown",
  "lesson_ended",
  "seat_taken",
  "seat_unknown",
]);

/** Wait before attempt number `attempt` (0 = the first after a loss). Fast while a restart is likely, once a second in a long outage. */
export function backoffMs(attempt: number): number {
  return attempt < 25 ? 200 : 1000;
}

export type SocketLike = Pick<WebSocket, "onopen" | "onmessage" | "onclose" | "send" | "close">;

export interface SeatEvents {
  phase(phase: Phase): void;
  welcome(seat: string | null, role: string, lesson: LessonView, iceServers: RTCIceServer[]): void;
  lesson(lesson: LessonView): void;
  links(seats: Record<string, LinkFigures>): void;
  voices(seats: Record<string, VoiceFigures>): void;
  chat(line: ChatLine): void;
  observers(observers: Observers): void;
  layers(source: Source, active: string[]): void;
  still(seat: string, source: Source): void;
  warnings(seats: Record<string, RecordingFault[]>): void;
  error(error: ErrorMessage): void;
  /** A pong: the server's time, and when its ping was sent on this page's monotonic clock. */
  time(now: string, sent: number): void;
  /** What only some part of the page cares for. */
  told(message: PageMessage): void;
}

const CONNECT_TIMEOUT_MS = 4000;
/** On a dead line TCP repeats its first packet after 1, 3, 7 s: a new attempt is sooner there when the line is back. */
const RETRY_TIMEOUT_MS = 1500;
/** Every so many attempts one waits for long: a line may be that slow. */
const PATIENT_EVERY = 4;
const PING_EVERY_MS = 2000;
const SILENCE_MS = 6000;

export class Seat {
  phase: Phase = "stopped";
  private socket: SocketLike | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private guard: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private heardAt = 0;

  constructor(
    private readonly hello: { token: string; device: string },
    private readonly events: SeatEvents,
    private readonly open: () => SocketLike,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    if (this.phase !== "stopped") return;
    this.attempt = 0;
    this.connect();
  }

  /** Idempotent; no event comes after it. */
  stop(): void {
    this.end("stopped");
  }

  /** A sign that the network is back (online event, page visible again): do not sit out the back-off. */
  nudge(): void {
    if (this.phase === "lost" || this.phase === "restarting") this.connect();
  }

  /** False when it could not be handed to the network: the caller shows that, nothing is queued for later. */
  send(message: ClientMessage): boolean {
    if (this.phase !== "open" || this.socket === null) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.enter("connecting");
    let socket: SocketLike;
    try {
      socket = this.open();
    } catch {
      this.lose("lost");
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      this.giveUpIn(CONNECT_TIMEOUT_MS);
      socket.send(JSON.stringify({ type: "hello", ...this.hello, version: 1 } satisfies ClientMessage));
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.receive(socket, event.data);
    socket.onclose = () => {
      if (socket === this.socket) this.lose(this.phase === "restarting" ? "restarting" : "lost");
    };
    this.giveUpIn(this.attempt % PATIENT_EVERY === 0 ? CONNECT_TIMEOUT_MS : RETRY_TIMEOUT_MS);
  }

  private giveUpIn(ms: number): void {
    clearTimeout(this.guard);
    this.guard = setTimeout(() => this.lose("lost"), ms);
  }

  private receive(socket: SocketLike, data: unknown): void {
    if (socket !== this.socket || typeof data !== "string") return;
    this.heardAt = this.now();
    let message: ServerMessage;
    try {
      message = JSON.parse(data) as ServerMessage;
    } catch {
      return;
    }
    switch (message.type) {
      case "welcome":
        clearTimeout(this.guard);
        this.attempt = 0;
        this.keepAlive();
        // The view first: whoever reacts to "open" may rely on it.
        this.events.welcome(message.seat, message.role, message.lesson, message.ice_servers);
        this.enter("open");
        return;
      case "lesson":
        return this.events.lesson(message.lesson);
      case "links":
        return this.events.links(message.seats);
      case "voices":
        return this.events.voices(message.seats);
      case "chat":
        return this.events.chat(message.line);
      case "observers":
        return this.events.observers({ names: message.names, unnamed: message.unnamed });
      case "still":
        return this.events.still(message.seat, message.source);
      case "layers":
        return this.events.layers(message.source, message.active);
      case "warnings":
        return this.events.warnings(message.seats);
      case "pong":
        return this.events.time(message.now, message.t);
      case "replaced":
        return this.end("replaced");
      case "closing":
        return this.enter("restarting");
      case "error":
        this.events.error(message);
        if (this.phase !== "open" && FINAL_CODES.has(message.code)) this.end("refused");
        return;
      default:
        this.events.told(message);
    }
  }

  private keepAlive(): void {
    clearInterval(this.pinger);
    this.pinger = setInterval(() => {
      if (this.now() - this.heardAt > SILENCE_MS) this.lose("lost");
      else this.send({ type: "ping", t: Math.round(this.now()) });
    }, PING_EVERY_MS);
  }

  private lose(phase: "lost" | "restarting"): void {
    this.drop();
    this.enter(phase);
    this.retry = setTimeout(() => this.connect(), backoffMs(this.attempt++));
  }

  private end(phase: "stopped" | "replaced" | "refused"): void {
    this.drop();
    if (this.phase !== phase) this.enter(phase);
  }

  private drop(): void {
    clearTimeout(this.retry);
    clearTimeout(this.guard);
    clearInterval(this.pinger);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private enter(phase: Phase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.events.phase(phase);
  }
}

export function openSocket(lesson: string): WebSocket {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${window.location.host}/ws/${encodeURIComponent(lesson)}`);
}

import { Problem, problemOf } from "../api";
import { t } from "../strings";
import { Liveness, receivedSoFar, SUSPECT_MS } from "./liveness";
import { pathOf, paths, turn } from "./path";
import { withSoundRepeated } from "./repeat";

// One WHIP or WHEP session, kept up for as long as it is wanted. A session is never renegotiated and never repaired: when
// it is dead it is torn down and POSTed again, which is also what a restarted server needs.

export interface LinkOptions {
  url: string;
  token: string;
  /** Adds transceivers to a fresh connection, before the offer is made. */
  prepare(connection: RTCPeerConnection): void;
  /** Media may flow (false: it no longer does, a new attempt is under way). */
  changed(isUp: boolean): void;
  /** The server answered with a problem; after a final one no further attempt is made. */
  problem?(problem: Problem): void;
  /** A viewer's last picture stands until `forgetLast()`: closing a connection blackens what it showed. */
  keepsLast?: boolean;
  /** What else is told with each POST. */
  headers?(): Record<string, string>;
  /** Every stats sample, for whoever wants figures from it. */
  stats?(report: RTCStatsReport, now: number): void;
}

const POLL_MS = 200;
const POST_TIMEOUT_MS = 5000;
const DELETE_TIMEOUT_MS = 3000;

/** Answers that no repetition changes: the token, the right or the lesson is gone. */
const FINAL_STATUS: ReadonlySet<number> = new Set([400, 401, 403, 406, 410, 415]);

/** Wait before POST number `attempt` after a failure: as fast as a restarting server deserves, then once a second. */
export function retryMs(attempt: number, status: number): number {
  if (status === 404 || status === 409) return attempt < 5 ? 300 : 1000; // nobody publishes there yet
  if (status === 429 || status === 503) return attempt < 10 ? 500 : 2000;
  return attempt < 25 ? 200 : 1000;
}

/** Sessions that exist right now, to be ended when the page goes away: a closed tab sends no goodbye of its own. */
const open = new Map<string, string>();

function endSession(location: string, token: string, keepalive: boolean): void {
  const aborter = new AbortController();
  if (!keepalive) setTimeout(() => aborter.abort(), DELETE_TIMEOUT_MS);
  const init: RequestInit = { method: "DELETE", headers: { Authorization: `Bearer ${token}` }, keepalive };
  if (!keepalive) init.signal = aborter.signal;
  // Best effort: a server that never hears of it notices the silence in 8 s.
  fetch(location, init).catch(() => undefined);
}

export function endSessionsOnLeave(): void {
  window.addEventListener("pagehide", () => {
    for (const [location, token] of open) endSession(location, token, true);
    open.clear();
  });
}

export class Link {
  private connection: RTCPeerConnection | null = null;
  private last: RTCPeerConnection | null = null;
  private location: string | null = null;
  private wanted = false;
  private allowed = true;
  private isUp = false;
  private attempt = 0;
  private generation = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private poll: ReturnType<typeof setInterval> | undefined;
  /** When the attempt under way began; null: there is none, or it has an answer. */
  private askedAt: number | null = null;
  private posting: AbortController | null = null;
  private liveness: Liveness | null = null;

  constructor(private readonly options: LinkOptions) {}

  get up(): boolean {
    return this.isUp;
  }

  /** What the server calls this session; null while there is none. */
  get session(): string | null {
    return this.location?.split("/").pop() ?? null;
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    void this.open();
  }

  /** Idempotent. Ends the session on the server, too. */
  stop(): void {
    this.wanted = false;
    this.tearDown();
    this.forgetLast();
    paths.delete(this);
  }

  /** The successor shows pictures now. */
  forgetLast(): void {
    this.last?.close();
    this.last = null;
  }

  /** While not allowed an existing connection is left alone, but no new one is asked for. */
  allow(allowed: boolean): void {
    if (allowed === this.allowed) return;
    this.allowed = allowed;
    if (!allowed) clearTimeout(this.retry);
    else if (this.connection === null && this.askedAt === null) this.again(0);
  }

  /** The offer has to change (another set of tracks): a new session replaces the old one. */
  redo(): void {
    if (!this.wanted) return;
    this.attempt = 0;
    this.tearDown();
    this.again(0);
  }

  /** The WebSocket came back: unless media has been heard in the meantime, this connection died with the old one. */
  suspect(): void {
    if (!this.wanted) return;
    const now = performance.now();
    if (this.connection === null) {
      // What was sent into the dead line is only repeated by TCP seconds from now.
      if (this.askedAt === null) this.again(0);
      else if (now - this.askedAt > SUSPECT_MS) this.redo();
      return;
    }
    if (this.liveness === null) return;
    if (this.liveness.silentMs(now) > SUSPECT_MS) this.redo();
    else this.liveness.suspect(now);
  }

  senders(): RTCRtpSender[] {
    return this.connection?.getSenders() ?? [];
  }

  private again(delay: number): void {
    clearTimeout(this.retry);
    if (!this.wanted || !this.allowed) return;
    this.retry = setTimeout(() => void this.open(), delay);
  }

  private async open(): Promise<void> {
    const generation = ++this.generation;
    this.askedAt = performance.now();
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: turn.servers });
    try {
      this.options.prepare(connection);
      const offer = await connection.createOffer();
      await connection.setLocalDescription({ type: "offer", sdp: withSoundRepeated(offer.sdp ?? "") }).catch(() => connection.setLocalDescription(offer));
      if (generation !== this.generation) return connection.close();
      // No waiting for candidates: the server learns our address from our first check.
      const session = await this.post(connection.localDescription?.sdp ?? "");
      if (generation !== this.generation || !this.wanted) {
        endSession(session.location, this.options.token, false);
        connection.close();
        return;
      }
      this.askedAt = null;
      this.connection = connection;
      this.location = session.location;
      open.set(session.location, this.options.token);
      await connection.setRemoteDescription({ type: "answer", sdp: session.answer });
      if (generation === this.generation) this.watch(connection);
    } catch (error) {
      connection.close();
      if (generation === this.generation) this.failed(error);
    }
  }

  private async post(offer: string): Promise<{ location: string; answer: string }> {
    const aborter = new AbortController();
    this.posting = aborter;
    const timer = setTimeout(() => aborter.abort(), POST_TIMEOUT_MS);
    try {
      const response = await fetch(this.options.url, {
        method: "POST",
        headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${this.options.token}`, ...this.options.headers?.() },
        body: offer,
        signal: aborter.signal,
      });
      if (!response.ok) throw await problemOf(response);
      const location = response.headers.get("Location");
      if (location === null) throw new Problem(response.status, "bad_answer", t("error_status", { status: response.status }));
      return { location: new URL(location, response.url).href, answer: await response.text() };
    } finally {
      clearTimeout(timer);
      if (this.posting === aborter) this.posting = null;
    }
  }

  private failed(error: unknown): void {
    this.tearDown();
    const status = error instanceof Problem ? error.status : 0;
    if (error instanceof Problem) this.options.problem?.(error);
    if (FINAL_STATUS.has(status)) {
      this.wanted = false;
      return;
    }
    this.again(retryMs(this.attempt++, status));
  }

  private watch(connection: RTCPeerConnection): void {
    const liveness = new Liveness(performance.now());
    this.liveness = liveness;
    connection.onconnectionstatechange = () => {
      if (connection !== this.connection) return;
      if (connection.connectionState === "connected") this.setUp(true);
      if (connection.connectionState === "failed" || connection.connectionState === "closed") this.died();
    };
    // The server's DTLS goodbye closes the transport at once, long before ICE notices anything.
    const transport = connection.getSenders()[0]?.transport ?? connection.getReceivers()[0]?.transport;
    transport?.addEventListener("statechange", () => {
      if (connection === this.connection && (transport.state === "closed" || transport.state === "failed")) this.died();
    });
    this.poll = setInterval(() => void this.sample(connection, liveness), POLL_MS);
    if (connection.connectionState === "connected") this.setUp(true);
  }

  private async sample(connection: RTCPeerConnection, liveness: Liveness): Promise<void> {
    const report = await connection.getStats();
    if (connection !== this.connection) return;
    const now = performance.now();
    const path = pathOf(report as never);
    if (path !== undefined) paths.set(this, path);
    const count = receivedSoFar(report.values());
    if (count !== null && liveness.isDead(now, count)) this.died();
    else this.options.stats?.(report, now);
  }

  private died(): void {
    const wasUp = this.isUp;
    this.tearDown();
    // A path that died says nothing about the next attempt: ask at once. One that never stood does: Chromium goes on
    // with an address that the machine has lost for up to two seconds.
    this.again(wasUp ? 0 : retryMs(this.attempt++, 0));
  }

  private setUp(isUp: boolean): void {
    if (isUp === this.isUp) return;
    this.isUp = isUp;
    if (isUp) this.attempt = 0;
    this.options.changed(isUp);
  }

  private tearDown(): void {
    this.generation++;
    clearTimeout(this.retry);
    clearInterval(this.poll);
    this.askedAt = null;
    this.posting?.abort();
    this.posting = null;
    const { connection, location } = this;
    this.connection = null;
    this.location = null;
    this.liveness = null;
    if (connection !== null) {
      connection.onconnectionstatechange = null;
      if (this.options.keepsLast && this.isUp) {
        this.forgetLast();
        this.last = connection;
      } else connection.close();
    }
    if (location !== null) {
      open.delete(location);
      endSession(location, this.options.token, false);
    }
    this.setUp(false);
  }
}

export function mediaUrl(verb: "whip" | "whep", lesson: string, seat: string, source: string): string {
  return `/${verb}/${[lesson, seat, source].map(encodeURIComponent).join("/")}`;
}

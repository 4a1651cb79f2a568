import { shallowReactive } from "vue";
import { api, request, type Problem } from "./api";
import { ServerClock } from "./clock";
import { deviceId, noteScreen, sharedScreen } from "./keys";
import type { OwnDevices } from "./media/own";
import { Duck } from "./media/duck";
import { HearsFirst } from "./media/first";
import { captureScreen } from "./media/devices";
import { Instants } from "./keep/instants";
import type { Keeper } from "./keep/keeper";
import type { KeptSource } from "./keep/shelf";
import { seesMoving, seesStill } from "./ladder";
import { turn } from "./media/path";
import { Publisher } from "./media/publish";
import { CLASSROOM_CAMERA, SCREEN, type Shape } from "./media/shapes";
import { Stills } from "./media/stills";
import { Viewer } from "./media/view";
import { wanted as probeWanted } from "./probe";
import { TEACHER_SEAT, type ChatLine, type ClientMessage, type ErrorMessage, type LessonView, type LinkFigures, type Observers, type PageMessage, type RecordingFault, type Source, type VoiceFigures } from "./protocol";
import { openSocket, Seat, type Phase } from "./seat";
import { hasSpeakers, noteSpeakers } from "./speakers";
import { lang, t } from "./strings";
import { seatOf, sends, wantedStreams } from "./wanted";

// One seat in one lesson: the WebSocket, what this seat sends, what it watches. Pages only read `state` and `pictures`
// and call the verbs; everything that has to come back after a fault comes back in here.

export interface Picture {
  key: string;
  seat: string;
  source: Source;
  stream: MediaStream | null;
  up: boolean;
  /** A still to show in the moving picture's place, as long as the line carries none. */
  still: string | null;
  viewer: Viewer;
}

export interface LessonSessionState {
  phase: Phase;
  /** The server announced its restart; true until it is back. */
  restarting: boolean;
  /** The lesson has been reached at least once. */
  reached: boolean;
  view: LessonView | null;
  seat: string | null;
  links: Record<string, LinkFigures>;
  /** Only the teacher is told, every few seconds. */
  voices: Record<string, VoiceFigures>;
  /** What was written since this page came, and what was hidden. */
  lines: ChatLine[];
  /** Of the chat's lines so many have been read here; null before the lesson is known. */
  linesSeen: number | null;
  /** What is wrong with what is being recorded, by seat: of every seat for the teacher, of its own for a classroom. */
  warnings: Record<string, RecordingFault[]>;
  /** Only the teacher is told. */
  observers: Observers;
  /** Why the server does not let this page in; with the phase "refused" no attempt is made any more. */
  refusal: ErrorMessage | null;
  /** The newest complaint of the server about something done here. */
  complaint: { text: string; at: number } | null;
  publishing: boolean; // wanted
  cameraUp: boolean;
  /** It has been up before: what is missing now is a loss and not a beginning. */
  cameraWasUp: boolean;
  /** This seat's own line is too narrow for its pictures: the browser sends poorer ones. */
  narrow: boolean;
  screen: MediaStream | null;
  screenUp: boolean;
  /** The screen was shared from this tab before its reload, and is not any more. */
  screenLost: boolean;
  muted: boolean;
  /** It was muted on this page, and not by somebody else (or before a reload: nobody can tell). */
  mutedHere: boolean;
}

/** The verdict on the recording takes the server less than five seconds after the lesson's end. */
const VERDICT_MS = 15_000;

const LINES_KEPT = 100;
const NOBODY: Observers = { names: [], unnamed: 0 };

/** A server's error in the page's language. */
export const errorText = (error: ErrorMessage): string => (lang() === "en" ? error.detail : error.title);

export interface LessonSessionOptions {
  lesson: string;
  token: string;
  /** What is sent from this seat; an observer has no seat and sends nothing. */
  own?: { shape: Shape; devices: OwnDevices };
  /** False: no picture is fetched; the line belongs to the classroom's own device. */
  watches?: boolean;
}

const KEPT = ["camera", "screen"] as const satisfies readonly KeptSource[];

export class LessonSession {
  readonly clock = new ServerClock();
  readonly pictures = shallowReactive(new Map<string, Picture>());
  readonly state = shallowReactive<LessonSessionState>({
    phase: "stopped",
    restarting: false,
    reached: false,
    view: null,
    seat: null,
    links: {},
    voices: {},
    lines: [],
    linesSeen: null,
    warnings: {},
    observers: NOBODY,
    refusal: null,
    complaint: null,
    publishing: false,
    cameraUp: false,
    cameraWasUp: false,
    narrow: false,
    screen: null,
    screenUp: false,
    screenLost: false,
    muted: false,
    mutedHere: false,
  });
  readonly lesson: string;
  readonly token: string;
  /** The parts of the page that were loaded for what they hear here. */
  readonly heard = new Set<(message: PageMessage) => void>();
  private readonly socket: Seat;
  /** How high each stream's picture is on this screen, in device pixels. */
  private readonly heights = new Map<string, number>();
  private readonly stills = new Stills({
    fetch: (key, stop) => this.fetchStill(key, stop),
    changed: (key, url) => {
      const picture = this.pictures.get(key);
      if (picture) picture.still = url;
    },
  });
  private camera: Publisher | null = null;
  private screenPublisher: Publisher | null = null;
  private second: { publisher: Publisher; role: Source } | null = null;
  private readonly hearsFirst = new HearsFirst();
  private hearing: ReturnType<typeof setTimeout> | undefined;
  /** 音箱教室: what the far end says shall not go back to it. */
  private readonly duck = new Duck(
    () => Math.max(0, ...[...this.pictures.values()].map((picture) => picture.viewer.level())),
    (isDown) => ((this.ducked = isDown), this.applyMute()),
  );
  private ducked = false;
  /** A mute pressed here that the server has not confirmed yet; it holds while the line is down and is said again after. */
  private muteWish: boolean | null = null;
  private hushed = false;
  private startWish = false;
  private readonly instants = new Instants();
  /** What is kept here of the own streams while they are recorded, for what the line loses. */
  private readonly keepers = new Map<KeptSource, Promise<Keeper | null>>();
  private cameraOn = true;
  private wasRecorded = false;
  private offering = false;
  private leaving: ReturnType<typeof setTimeout> | undefined;
  private reopened = false;
  private readonly nudge = (): void => {
    if (document.visibilityState === "visible") this.socket.nudge();
  };


  constructor(private readonly options: LessonSessionOptions) {
    this.lesson = options.lesson;
    this.token = options.token;
    this.state.screenLost = sharedScreen(options.lesson);
    this.socket = new Seat(
      { token: options.token, device: deviceId() },
      {
        phase: (phase) => this.phase(phase),
        welcome: (seat, _role, lesson, iceServers) => {
          turn.servers = iceServers;
          this.welcome(seat, lesson);
        },
        lesson: (lesson) => this.show(lesson),
        links: (links) => (this.state.links = links),
        voices: (voices) => (this.state.voices = voices),
        chat: (line) => (this.state.lines = [...this.state.lines.filter((each) => each.id !== line.id), line].slice(-LINES_KEPT)),
        observers: (observers) => (this.state.observers = observers),
        warnings: (warnings) => (this.state.warnings = warnings),
        still: (seat, source) => this.stills.announce(`${seat}/${source}`),
        layers: (source, active) => void this.sender(source)?.setLayers(active),
        error: (error) => this.complain(error),
        time: (now, sent) => {
          this.clock.sync(now);
          this.instants.pong(sent, performance.now(), Date.parse(now));
        },
        told: (message) => this.heard.forEach((hear) => hear(message)),
      },
      () => openSocket(options.lesson),
    );
  }

  start(): void {
    window.addEventListener("online", this.nudge);
    document.addEventListener("visibilitychange", this.nudge);
    this.duck.turn(this.options.own !== undefined && this.ducks);
    this.socket.start();
  }

  /** Idempotent. Gives the seat up; the devices stay the caller's. */
  stop(): void {
    window.removeEventListener("online", this.nudge);
    document.removeEventListener("visibilitychange", this.nudge);
    clearTimeout(this.leaving);
    clearTimeout(this.hearing);
    this.duck.turn(false);
    this.socket.stop();
    this.closeMedia();
    this.offering = false;
    void this.stopKeeping(...KEPT);
  }

  /** From now on camera and microphone are sent whenever the lesson is open. */
  publish(): void {
    this.state.publishing = true;
    this.reconcile();
  }

  /** The teacher's "begin": said again until the lesson is live. */
  begin(): void {
    this.startWish = true;
    this.publish();
    this.sayAgain();
  }

  /** The tracks changed (other device, unplugged, allowed). */
  devicesChanged(): void {
    this.applyMute();
    void this.camera?.setTracks(this.ownTracks());
    void this.keepers.get("camera")?.then((keeper) => keeper?.setTracks(this.ownTracks()));
    this.reconcile();
  }

  /** How many lines of the chat were written and not looked at. */
  get unread(): number {
    return Math.max(0, (this.state.view?.chat.lines ?? 0) - (this.state.linesSeen ?? 0));
  }

  send(message: ClientMessage): boolean {
    const sent = this.socket.send(message);
    if (!sent) this.state.complaint = { text: t("error_not_sent"), at: Date.now() };
    return sent;
  }

  /** The same of what nobody misses: it is lost without a word while there is no line. */
  tell(message: ClientMessage): boolean {
    return this.socket.send(message);
  }

  /** Works at once, also without a line: what is muted here is not sent, whatever the server knows. */
  mute(muted: boolean): void {
    this.muteWish = muted;
    this.state.mutedHere = muted;
    this.applyMute();
    if (this.state.seat !== null) this.socket.send({ type: "mute", seat: this.state.seat, muted });
  }

  get devices(): OwnDevices | undefined {
    return this.options.own?.devices;
  }

  /** Whether this room has loudspeakers that its microphone hears; remembered on this PC. */
  get ducks(): boolean {
    return hasSpeakers();
  }

  setDucks(on: boolean): void {
    noteSpeakers(on);
    this.duck.turn(on);
  }

  private sender(source: Source): Publisher | null {
    if (source === "screen") return this.screenPublisher;
    if (source === this.second?.role) return this.second.publisher;
    // What a phone sends for this seat is the phone's own matter.
    return source === "camera" ? this.camera : null;
  }

  /** 对讲: while one speaks to one colleague the lesson hears nothing. */
  hush(on: boolean): void {
    this.hushed = on;
    this.applyMute();
  }

  /** The server is told, so that a black picture is not taken for a fault. */
  turnCamera(on: boolean): void {
    this.cameraOn = on;
    this.options.own?.devices.enable("video", on);
    this.socket.send({ type: "camera", on });
  }

  async shareScreen(): Promise<void> {
    const stream = await captureScreen(SCREEN);
    if (stream === null || this.state.seat === null) return;
    this.stopScreen();
    this.state.screen = stream;
    noteScreen(this.options.lesson, true);
    stream.getVideoTracks()[0]?.addEventListener("ended", () => this.stopScreen());
    this.screenPublisher = this.publisher("screen", SCREEN, (isUp) => {
      this.state.screenUp = isUp;
      this.tellLine();
    });
    void this.screenPublisher.setTracks(stream.getTracks());
    this.reconcile();
  }

  stopScreen(): void {
    this.screenPublisher?.close();
    this.screenPublisher = null;
    this.state.screen?.getTracks().forEach((track) => track.stop());
    this.state.screen = null;
    this.state.screenUp = false;
    void this.stopKeeping("screen");
    this.forgetScreen();
  }

  /** No longer offers to share the screen again. */
  forgetScreen(): void {
    this.state.screenLost = false;
    noteScreen(this.options.lesson, false);
  }

  /** What belongs to the lesson and comes by HTTP. */
  ask<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return api<T>(method, `/lessons/${this.options.lesson}${path}`, this.options.token, body);
  }

  picture(seat: string | null, source: Source): Picture | undefined {
    return seat === null ? undefined : this.pictures.get(`${seat}/${source}`);
  }

  /** A picture has this height now (0: nobody sees it). The server sends no larger one. */
  readonly shows = (key: string, height: number): void => {
    this.heights.set(key, height);
    this.want(key);
  };

  private async fetchStill(key: string, stop: AbortSignal): Promise<Blob> {
    const { lesson, token } = this.options;
    return (await request(`/api/v1/lessons/${lesson}/stills/${key}`, { headers: { Authorization: `Bearer ${token}` }, signal: stop })).blob();
  }

  private want(key: string): void {
    const session = this.pictures.get(key)?.viewer.session;
    const height = this.heights.get(key);
    if (session && height !== undefined) this.socket.send({ type: "want", session, height });
  }

  private phase(phase: Phase): void {
    this.state.phase = phase;
    this.tellLine();
    if (phase === "restarting") this.state.restarting = true;
    if (phase === "lost" || phase === "restarting") {
      this.reopened = true;
      this.state.links = {};
      this.state.warnings = {};
      // What the verdict is waited for has no use for another connection; the old one is still being put away.
      if (this.state.view?.state === "ended") setTimeout(() => this.socket.stop(), 0);
    }
    if (phase === "replaced" || phase === "refused") {
      this.closeMedia();
      void this.stopKeeping(...KEPT);
    }
    if (phase !== "open") return;
    this.state.restarting = false;
    this.sayAgain();
    if (!this.reopened) return;
    this.reopened = false;
    for (const key of this.pictures.keys()) this.want(key);
    // Whatever died with the old server is asked for again now, not when its silence is noticed.
    this.camera?.suspect();
    this.screenPublisher?.suspect();
    this.second?.publisher.suspect();
    for (const picture of this.pictures.values()) picture.viewer.suspect();
  }

  private welcome(seat: string | null, view: LessonView): void {
    this.state.seat = seat;
    this.state.reached = true;
    this.state.refusal = null;
    // Whoever watches now, and what is wrong, is told right after.
    this.state.observers = NOBODY;
    this.state.warnings = {};
    this.show(view);
  }

  private sayAgain(): void {
    const { view, seat } = this.state;
    if (view === null || seat === null) return;
    if (this.startWish && (view.state === "scheduled" || view.state === "open")) this.socket.send({ type: "start" });
    if (!this.cameraOn) this.socket.send({ type: "camera", on: false });
    if (this.muteWish !== null) this.socket.send({ type: "mute", seat, muted: this.muteWish });
  }

  private show(view: LessonView): void {
    this.clock.sync(view.now);
    this.wasRecorded ||= view.recording.on;
    this.state.view = view;
    this.state.linesSeen ??= view.chat.lines;
    const me = this.state.seat === null ? undefined : seatOf(view, this.state.seat);
    if (me && this.muteWish === me.muted) this.muteWish = null;
    this.applyMute();
    if (!this.state.muted) this.state.mutedHere = false;
    if (view.state === "live") this.startWish = false;
    if (view.state === "ended") {
      const waits = this.wasRecorded && view.recording.verdict === null;
      this.closeMedia();
      void this.offerKept();
      if (!waits) this.socket.stop();
      else this.leaving ??= setTimeout(() => this.socket.stop(), VERDICT_MS);
    } else this.reconcile();
  }

  private applyMute(): void {
    const me = this.state.view && this.state.seat ? seatOf(this.state.view, this.state.seat) : undefined;
    this.state.muted = this.muteWish ?? me?.muted ?? false;
    this.options.own?.devices.enable("audio", !this.state.muted && !this.hushed && !this.ducked);
  }

  private ownTracks(): MediaStreamTrack[] {
    return this.options.own?.devices.tracks() ?? [];
  }

  private complain(error: ErrorMessage): void {
    if (this.socket.phase !== "open") this.state.refusal = error;
    else this.state.complaint = { text: errorText(error), at: Date.now() };
  }

  private refused(problem: Problem): void {
    if (problem.status === 404 || problem.status === 0 || problem.status >= 500) return; // it is tried again
    this.state.complaint = { text: problem.message, at: Date.now() };
  }

  /** Makes what is sent and watched agree with the newest view. */
  private reconcile(): void {
    const { view, seat } = this.state;
    if (view === null) return;
    const running = view.state === "open" || view.state === "live";
    this.reconcilePictures(view, seat);
    const { own } = this.options;
    const tracks = this.ownTracks();
    if (running && seat !== null && own && this.state.publishing && this.camera === null && tracks.length > 0 && this.hasHeard(view, seat)) {
      this.camera = this.publisher("camera", own.shape, (isUp) => {
        this.state.cameraUp = isUp;
        this.state.cameraWasUp ||= isUp;
        this.tellLine();
      });
      void this.camera.setTracks(tracks);
    }
    const keeps = running && own && this.state.publishing && view.recording.on;
    if (keeps && seat !== null && tracks.length > 0) this.keep(seat, "camera", own.shape, () => this.ownTracks());
    else void this.stopKeeping("camera");
    if (keeps && seat !== null && this.state.screen !== null) this.keep(seat, "screen", SCREEN, () => this.state.screen?.getTracks() ?? []);
    else void this.stopKeeping("screen");
    this.sendSecond(running && seat !== null && this.state.publishing);
  }

  /** Whether a classroom hears the teacher by now, if there is anything to hear; else it looks again later. */
  private hasHeard(view: LessonView, seat: string): boolean {
    const isAbsent = sends(seatOf(view, TEACHER_SEAT), "camera") && this.picture(TEACHER_SEAT, "camera")?.up !== true;
    const awaited = isAbsent && seat !== TEACHER_SEAT && this.options.watches !== false;
    const waitMs = this.hearsFirst.waitMs(awaited, performance.now());
    clearTimeout(this.hearing);
    if (waitMs > 0) this.hearing = setTimeout(() => this.reconcile(), waitMs);
    return waitMs === 0;
  }

  private reconcilePictures(view: LessonView, seat: string | null): void {
    const streams = this.options.watches === false ? [] : wantedStreams(view, seat);
    const wanted = new Map(streams.map((each) => [`${each.seat}/${each.source}`, each]));
    for (const [key, picture] of this.pictures) {
      if (wanted.has(key)) continue;
      picture.viewer.close();
      this.pictures.delete(key);
    }
    for (const [key, each] of wanted) {
      const picture = this.pictures.get(key) ?? (each.available ? this.watch(each.seat, each.source) : undefined);
      picture?.viewer.setAvailable(each.available);
    }
    const rung = seat === null ? undefined : seatOf(view, seat)?.rung;
    this.stills.keep(new Set([...wanted].filter(([, each]) => seesStill(rung, each.source)).map(([key]) => key)));
  }

  private keep(seat: string, source: KeptSource, shape: Shape, tracks: () => MediaStreamTrack[]): void {
    if (this.keepers.has(source)) return;
    const shelf = { lesson: this.options.lesson, seat, source };
    const begun = import("./keep/keeper").then(({ Keeper }) => {
      if (!Keeper.isPossible(source)) return null;
      const keeper = new Keeper({ shelf, instants: this.instants, video_bps: shape.layers[0]?.max_bps ?? 500_000 });
      keeper.setTracks(tracks());
      return keeper;
    });
    this.keepers.set(source, begun);
  }

  private tellLine(): void {
    const up = { camera: this.state.cameraUp, screen: this.state.screenUp };
    for (const source of KEPT) void this.keepers.get(source)?.then((keeper) => keeper?.line(this.state.phase === "open" && up[source]));
  }

  private async stopKeeping(...sources: KeptSource[]): Promise<void> {
    for (const source of sources) {
      const kept = this.keepers.get(source);
      this.keepers.delete(source);
      await (await kept)?.close();
    }
  }

  /** The lesson is over: what its recording lacks is sent in, as soon as the server can tell. */
  private async offerKept(): Promise<void> {
    if (this.offering || !this.options.own) return;
    this.offering = true;
    await this.stopKeeping(...KEPT);
    const { offerKept } = await import("./keep/offer");
    await offerKept(this.options.token, () => this.offering);
  }

  /** The second camera goes as a source of its own, named by what it shows. */
  private sendSecond(may: boolean): void {
    const track = (may && this.devices?.state.second) || null;
    const role = this.devices?.state.secondRole ?? "students";
    if (this.second !== null && (track === null || this.second.role !== role)) {
      this.second.publisher.close();
      this.second = null;
    }
    if (track === null) return;
    this.second ??= { publisher: this.publisher(role, CLASSROOM_CAMERA, () => undefined), role };
    void this.second.publisher.setTracks([track]);
  }

  private watch(seat: string, source: Source): Picture {
    const key = `${seat}/${source}`;
    const { lesson, token } = this.options;
    const picture: Picture = shallowReactive({
      key,
      seat,
      source,
      stream: null,
      up: false,
      still: null,
      viewer: new Viewer({
        lesson,
        seat,
        source,
        token,
        stream: (stream) => (picture.stream = stream),
        changed: (isUp) => {
          picture.up = isUp;
          if (!isUp) return;
          this.want(key);
          this.reconcile();
        },
        problem: (problem) => this.refused(problem),
      }),
    });
    this.pictures.set(key, picture);
    probeWanted(key);
    picture.viewer.start();
    return picture;
  }

  private publisher(source: Source, shape: Shape, changed: (isUp: boolean) => void): Publisher {
    const { lesson, token } = this.options;
    const narrow = (isNarrow: boolean): void => void (source === "camera" && (this.state.narrow = isNarrow));
    const seat = this.state.seat ?? "";
    const starved = (): boolean => !seesMoving(this.state.view ? seatOf(this.state.view, seat)?.rung : undefined);
    return new Publisher({ lesson, seat, source, token, shape, changed, narrow, starved, problem: (problem) => this.refused(problem) });
  }

  private closeMedia(): void {
    this.stopScreen();
    this.camera?.close();
    this.camera = null;
    this.second?.publisher.close();
    this.second = null;
    this.state.cameraUp = this.state.cameraWasUp = this.state.narrow = false;
    this.stills.keep(new Set());
    for (const picture of this.pictures.values()) picture.viewer.close();
    this.pictures.clear();
  }
}

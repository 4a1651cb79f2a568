import { shallowReactive } from "vue";
import { request, type Problem } from "./api";
import { ServerClock } from "./clock";
import { deviceId, noteScreen, sharedScreen } from "./keys";
import type { OwnDevices } from "./media/own";
import { captureScreen } from "./media/devices";
import { seesStill } from "./ladder";
import { turn } from "./media/path";
import { Publisher, SCREEN, type Shape } from "./media/publish";
import { Stills } from "./media/stills";
import { Viewer } from "./media/view";
import { wanted as probeWanted } from "./probe";
import type { ClientMessage, ErrorMessage, LessonView, LinkFigures, Observers, Source } from "./protocol";
import { openSocket, Seat, type Phase } from "./seat";
import { lang, t } from "./strings";
import { seatOf, wantedStreams } from "./wanted";

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
  screen: MediaStream | null;
  screenUp: boolean;
  /** The screen was shared from this tab before its reload, and is not any more. */
  screenLost: boolean;
  muted: boolean;
  /** It was muted on this page, and not by somebody else (or before a reload: nobody can tell). */
  mutedHere: boolean;
}

const NOBODY: Observers = { names: [], unnamed: 0 };

/** A server's error in the page's language. */
export const errorText = (error: ErrorMessage): string => (lang() === "en" ? error.detail : error.title);

export interface LessonSessionOptions {
  lesson: string;
  token: string;
  /** What is sent from this seat; an observer has no seat and sends nothing. */
  own?: { shape: Shape; devices: OwnDevices };
}

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
    observers: NOBODY,
    refusal: null,
    complaint: null,
    publishing: false,
    cameraUp: false,
    cameraWasUp: false,
    screen: null,
    screenUp: false,
    screenLost: false,
    muted: false,
    mutedHere: false,
  });
  private readonly socket: Seat;
  /** How high each stream's picture is on this screen, in device pixels. */
  private readonly heights = new Map<string, number>();
  private readonly stills = new Stills({
    fetch: (key) => this.fetchStill(key),
    changed: (key, url) => {
      const picture = this.pictures.get(key);
      if (picture) picture.still = url;
    },
  });
  private camera: Publisher | null = null;
  private screenPublisher: Publisher | null = null;
  /** A mute pressed here that the server has not confirmed yet; it holds while the line is down and is said again after. */
  private muteWish: boolean | null = null;
  private startWish = false;
  private reopened = false;
  private readonly nudge = (): void => {
    if (document.visibilityState === "visible") this.socket.nudge();
  };

  constructor(private readonly options: LessonSessionOptions) {
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
        observers: (observers) => (this.state.observers = observers),
        still: (seat, source) => this.stills.announce(`${seat}/${source}`),
        layers: (source, active) => void (source === "screen" ? this.screenPublisher : this.camera)?.setLayers(active),
        error: (error) => this.complain(error),
        time: (now) => this.clock.sync(now),
      },
      () => openSocket(options.lesson),
    );
  }

  start(): void {
    window.addEventListener("online", this.nudge);
    document.addEventListener("visibilitychange", this.nudge);
    this.socket.start();
  }

  /** Idempotent. Gives the seat up; the devices stay the caller's. */
  stop(): void {
    window.removeEventListener("online", this.nudge);
    document.removeEventListener("visibilitychange", this.nudge);
    this.socket.stop();
    this.closeMedia();
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
    this.options.own?.devices.enable("audio", !this.state.muted);
    void this.camera?.setTracks(this.ownTracks());
    this.reconcile();
  }

  send(message: ClientMessage): boolean {
    const sent = this.socket.send(message);
    if (!sent) this.state.complaint = { text: t("error_not_sent"), at: Date.now() };
    return sent;
  }

  /** Works at once, also without a line: what is muted here is not sent, whatever the server knows. */
  mute(muted: boolean): void {
    this.muteWish = muted;
    this.state.mutedHere = muted;
    this.applyMute();
    if (this.state.seat !== null) this.socket.send({ type: "mute", seat: this.state.seat, muted });
  }

  async shareScreen(): Promise<void> {
    const stream = await captureScreen(SCREEN);
    if (stream === null || this.state.seat === null) return;
    this.stopScreen();
    this.state.screen = stream;
    noteScreen(this.options.lesson, true);
    stream.getVideoTracks()[0]?.addEventListener("ended", () => this.stopScreen());
    this.screenPublisher = this.publisher("screen", SCREEN, (isUp) => (this.state.screenUp = isUp));
    void this.screenPublisher.setTracks(stream.getTracks());
  }

  stopScreen(): void {
    this.screenPublisher?.close();
    this.screenPublisher = null;
    this.state.screen?.getTracks().forEach((track) => track.stop());
    this.state.screen = null;
    this.state.screenUp = false;
    this.forgetScreen();
  }

  /** No longer offers to share the screen again. */
  forgetScreen(): void {
    this.state.screenLost = false;
    noteScreen(this.options.lesson, false);
  }

  picture(seat: string | null, source: Source): Picture | undefined {
    return seat === null ? undefined : this.pictures.get(`${seat}/${source}`);
  }

  /** A picture has this height now (0: nobody sees it). The server sends no larger one. */
  readonly shows = (key: string, height: number): void => {
    this.heights.set(key, height);
    this.want(key);
  };

  private async fetchStill(key: string): Promise<Blob> {
    const { lesson, token } = this.options;
    return (await request(`/api/v1/lessons/${lesson}/stills/${key}`, { headers: { Authorization: `Bearer ${token}` } })).blob();
  }

  private want(key: string): void {
    const session = this.pictures.get(key)?.viewer.session;
    const height = this.heights.get(key);
    if (session && height !== undefined) this.socket.send({ type: "want", session, height });
  }

  private phase(phase: Phase): void {
    this.state.phase = phase;
    if (phase === "restarting") this.state.restarting = true;
    if (phase === "lost" || phase === "restarting") {
      this.reopened = true;
      this.state.links = {};
    }
    if (phase === "replaced" || phase === "refused") this.closeMedia();
    if (phase !== "open") return;
    this.state.restarting = false;
    this.sayAgain();
    if (!this.reopened) return;
    this.reopened = false;
    for (const key of this.pictures.keys()) this.want(key);
    // Whatever died with the old server is asked for again now, not when its silence is noticed.
    this.camera?.suspect();
    this.screenPublisher?.suspect();
    for (const picture of this.pictures.values()) picture.viewer.suspect();
  }

  private welcome(seat: string | null, view: LessonView): void {
    this.state.seat = seat;
    this.state.reached = true;
    this.state.refusal = null;
    // Whoever watches now is told right after.
    this.state.observers = NOBODY;
    this.show(view);
  }

  private sayAgain(): void {
    const { view, seat } = this.state;
    if (view === null || seat === null) return;
    if (this.startWish && (view.state === "scheduled" || view.state === "open")) this.socket.send({ type: "start" });
    if (this.muteWish !== null) this.socket.send({ type: "mute", seat, muted: this.muteWish });
  }

  private show(view: LessonView): void {
    this.clock.sync(view.now);
    this.state.view = view;
    const me = this.state.seat === null ? undefined : seatOf(view, this.state.seat);
    if (me && this.muteWish === me.muted) this.muteWish = null;
    this.applyMute();
    if (!this.state.muted) this.state.mutedHere = false;
    if (view.state === "live") this.startWish = false;
    if (view.state === "ended") {
      this.closeMedia();
      this.socket.stop();
    } else this.reconcile();
  }

  private applyMute(): void {
    const me = this.state.view && this.state.seat ? seatOf(this.state.view, this.state.seat) : undefined;
    this.state.muted = this.muteWish ?? me?.muted ?? false;
    this.options.own?.devices.enable("audio", !this.state.muted);
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
    const { own } = this.options;
    const tracks = this.ownTracks();
    if (running && seat !== null && own && this.state.publishing && this.camera === null && tracks.length > 0) {
      this.camera = this.publisher("camera", own.shape, (isUp) => {
        this.state.cameraUp = isUp;
        this.state.cameraWasUp ||= isUp;
      });
      void this.camera.setTracks(tracks);
    }
    const wanted = new Map(wantedStreams(view, seat).map((each) => [`${each.seat}/${each.source}`, each]));
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
          if (isUp) this.want(key);
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
    return new Publisher({ lesson, seat: this.state.seat ?? "", source, token, shape, changed, problem: (problem) => this.refused(problem) });
  }

  private closeMedia(): void {
    this.stopScreen();
    this.camera?.close();
    this.camera = null;
    this.state.cameraUp = this.state.cameraWasUp = false;
    this.stills.keep(new Set());
    for (const picture of this.pictures.values()) picture.viewer.close();
    this.pictures.clear();
  }
}

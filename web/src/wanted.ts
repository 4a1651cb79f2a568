import { TEACHER_SEAT, type LessonView, type LinkFigures, type SeatView, type Source, type VoiceFigures } from "./protocol";

// Who watches whom: a pure reading of the lesson's view.

export interface Wanted {
  seat: string;
  source: Source;
  /** Somebody publishes there now. A camera that is away for a moment stays wanted; a screen that is gone was put away on purpose. */
  available: boolean;
}

export const seatOf = (view: LessonView, seat: string): SeatView | undefined => view.seats.find((each) => each.seat === seat);

export const sends = (seat: SeatView | undefined, source: Source): boolean => seat?.streams.some((stream) => stream.source === source) ?? false;

/** The cameras of a seat that are being sent. */
export function cameras(seat: SeatView): Source[] {
  return seat.streams.filter((stream) => stream.video && stream.source !== "screen").map((stream) => stream.source);
}

/** The source that is a seat's picture: the one the teacher chose while it is sent, else its camera, which also carries the sound. */
export const shownSource = (seat: SeatView): Source => (sends(seat, seat.shown) ? seat.shown : "camera");

/** The classroom on stage; the teacher's own seat counts as nobody. */
export function stageSeat(view: LessonView): string | null {
  return view.stage === TEACHER_SEAT ? null : view.stage;
}

/** `me` is null for an observer, who sees the teacher and every classroom. */
export function wantedStreams(view: LessonView, me: string | null): Wanted[] {
  if (view.state !== "open" && view.state !== "live") return [];
  const camera = (seat: SeatView): Wanted => ({ seat: seat.seat, source: "camera", available: sends(seat, "camera") });
  const pictures = (seat: SeatView): Wanted[] => {
    const source = shownSource(seat);
    return source === "camera" ? [camera(seat)] : [camera(seat), { seat: seat.seat, source, available: true }];
  };
  const classrooms = view.seats.filter((seat) => seat.seat !== TEACHER_SEAT);
  if (me === TEACHER_SEAT) return classrooms.flatMap(pictures);
  const wanted: Wanted[] = [];
  const teacher = seatOf(view, TEACHER_SEAT);
  if (teacher) {
    // Beside a shared screen there is no room for another camera of the teacher's; observers see what has the sound.
    wanted.push(...(me === null || sends(teacher, "screen") ? [camera(teacher)] : pictures(teacher)));
    if (sends(teacher, "screen")) wanted.push({ seat: TEACHER_SEAT, source: "screen", available: true });
  }
  // In a meeting every room sees every other.
  if (me === null || view.training !== null) return [...wanted, ...classrooms.filter((seat) => seat.seat !== me).map(camera)];
  const stage = stageSeat(view);
  const onStage = stage !== null && stage !== me ? seatOf(view, stage) : undefined;
  if (onStage) wanted.push(...pictures(onStage));
  return wanted;
}

/** Bars of a line, 0 (nothing known) to 4 (good). */
export function linkBars(link: LinkFigures | undefined): number {
  if (link === undefined) return 0;
  const rtt_ms = link.rtt_ms ?? 0; // not measured yet: the loss decides
  if (link.loss < 0.02 && rtt_ms < 150) return 4;
  if (link.loss < 0.05 && rtt_ms < 300) return 3;
  return link.loss < 0.12 && rtt_ms < 600 ? 2 : 1;
}

const QUIET_MIN = 5;

/** For how many whole minutes a classroom has not spoken, once that is long; null else, and where nothing tells it. */
export function quietMinutes(view: LessonView, voice: VoiceFigures | undefined, now: number): number | null {
  if (view.state !== "live" || view.started_at === null || voice === undefined) return null;
  const since = Math.max(Date.parse(view.started_at), voice.last_at === null ? 0 : Date.parse(voice.last_at));
  const minutes = Math.floor((now - since) / 60_000);
  return minutes >= QUIET_MIN ? minutes : null;
}

/** Place in the queue of raised hands, from 1; 0 = hand not raised. */
export const handPlace = (view: LessonView, seat: string): number => view.hands.findIndex((hand) => hand.seat === seat) + 1;

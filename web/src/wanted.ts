import { TEACHER_SEAT, type LessonView, type LinkFigures, type SeatView, type Source } from "./protocol";

// Who watches whom: a pure reading of the lesson's view.

export interface Wanted {
  seat: string;
  source: Source;
  /** Somebody publishes there now. A camera that is away for a moment stays wanted; a screen that is gone was put away on purpose. */
  available: boolean;
}

export const seatOf = (view: LessonView, seat: string): SeatView | undefined => view.seats.find((each) => each.seat === seat);

const sends = (seat: SeatView | undefined, source: Source): boolean => seat?.streams.some((stream) => stream.source === source) ?? false;

/** The classroom on stage; the teacher's own seat counts as nobody. */
export function stageSeat(view: LessonView): string | null {
  return view.stage === TEACHER_SEAT ? null : view.stage;
}

/** `me` is null for an observer, who sees the teacher and every classroom. */
export function wantedStreams(view: LessonView, me: string | null): Wanted[] {
  if (view.state !== "open" && view.state !== "live") return [];
  const camera = (seat: SeatView): Wanted => ({ seat: seat.seat, source: "camera", available: sends(seat, "camera") });
  const classrooms = view.seats.filter((seat) => seat.seat !== TEACHER_SEAT);
  if (me === TEACHER_SEAT) return classrooms.map(camera);
  const wanted: Wanted[] = [];
  const teacher = seatOf(view, TEACHER_SEAT);
  if (teacher) {
    wanted.push(camera(teacher));
    if (sends(teacher, "screen")) wanted.push({ seat: TEACHER_SEAT, source: "screen", available: true });
  }
  if (me === null) return [...wanted, ...classrooms.map(camera)];
  const stage = stageSeat(view);
  const onStage = stage !== null && stage !== me ? seatOf(view, stage) : undefined;
  if (onStage) wanted.push(camera(onStage));
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

/** Place in the queue of raised hands, from 1; 0 = hand not raised. */
export const handPlace = (view: LessonView, seat: string): number => view.hands.findIndex((hand) => hand.seat === seat) + 1;

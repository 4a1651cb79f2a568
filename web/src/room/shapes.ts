// What the server says of a classroom's courses (docs/api.md, viewings).

export interface RoomItem {
  resource: string;
  title: string;
  length_ms: number;
  watched_ms: number;
  stopped_ms: number;
  is_ready: boolean;
}

export interface RoomCourse {
  showing: string;
  title: string;
  class_name: string;
  students: number | null;
  begins: string | null;
  ends: string | null;
  items: RoomItem[];
  next: string | null;
}

export interface RoomPlayed {
  resource: string;
  title: string;
  media: string;
  length_ms: number;
  film: string;
  poster: string;
  captions: string | null;
  play: string;
  course: string;
  class_name: string;
  position_ms: number;
  watched_ms: number;
  need_ms: number;
}

export interface Heard {
  watched_ms: number;
  need_ms: number;
}

/** A video that a class of this room is about to watch. */
export interface Chosen {
  course: RoomCourse;
  item: RoomItem;
  students: number | null;
}

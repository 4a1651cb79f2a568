import { computed, ref, watch } from "vue";
import { api, sentence } from "./api";
import type { LessonSession } from "./lesson";
import type { ChatLine } from "./protocol";
import { TEACHER_SEAT } from "./protocol";
import { t } from "./strings";
import { seatOf } from "./wanted";

// What has been written: the last lines from the server, and what came since by the socket.

/** `with_seat`: only the private words with this seat's co-teacher; null: what everybody reads. */
export function useChat(session: LessonSession, with_seat: () => string | null) {
  const known = ref<ChatLine[]>([]);
  const failure = ref("");

  async function load(): Promise<void> {
    try {
      known.value = (await api<{ lines: ChatLine[] }>("GET", `/lessons/${session.lesson}/chat`, session.token)).lines;
      failure.value = "";
    } catch (error) {
      failure.value = sentence(error);
    }
  }
  void load();
  // What was said while the line was away came to nobody here.
  watch(
    () => session.state.phase,
    (phase) => phase === "open" && void load(),
  );

  const lines = computed(() => {
    const byId = new Map(known.value.map((line) => [line.id, line]));
    for (const line of session.state.lines) byId.set(line.id, line);
    return [...byId.values()].filter((line) => !line.hidden && line.to === with_seat()).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  });

  return { lines, failure };
}

/** Who wrote a line: a school's name, or the teacher. */
export function speaker(session: LessonSession, line: ChatLine): string {
  if (line.seat === TEACHER_SEAT) return t("chat_teacher");
  const school = (session.state.view && seatOf(session.state.view, line.seat)?.school) ?? "";
  return line.role === "assistant" ? t("chat_assistant", { school }) : school;
}

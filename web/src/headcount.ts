import { computed, ref, watch } from "vue";
import type { LessonSession } from "./lesson";
import type { SeatView } from "./protocol";
import { t } from "./strings";

/** The form that confirms who is present in a seat. It starts with what was confirmed, else with the roster, else empty: nobody shall confirm a 0 that nobody counted. */
export function useHeadcount(session: LessonSession, seat: () => SeatView | undefined) {
  const students = ref<number | null>(null);
  const teachers = ref<number | null>(1);
  /** No pupils at all was pressed once, and is asked once more. */
  const askAgain = ref(false);
  const why = computed(() => (students.value === null || teachers.value === null ? t("count_empty") : ""));

  watch(
    () => [seat()?.headcount?.students, seat()?.headcount?.teachers, seat()?.students] as const,
    ([counted, present, roster]) => {
      const known = roster === 0 ? null : roster;
      students.value = counted ?? known ?? null;
      teachers.value = present ?? 1;
    },
    { immediate: true },
  );
  watch([students, teachers], () => (askAgain.value = false));

  /** Whether it was sent. */
  function confirm(): boolean {
    if (students.value === null || teachers.value === null) return false;
    if (students.value === 0 && !askAgain.value) {
      askAgain.value = true;
      return false;
    }
    askAgain.value = false;
    return session.send({ type: "headcount", students: students.value, teachers: teachers.value });
  }

  return { students, teachers, askAgain, why, confirm };
}

import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from "vue";
import { api } from "../api";
import type { LessonSession } from "../lesson";
import type { QuestionKind, QuizView, SeatView } from "../protocol";
import { t } from "../strings";
import type { AskedQuiz, Question } from "./shapes";
import { k } from "./strings";

export const LETTERS = ["A", "B", "C", "D", "E", "F"] as const;
export const letter = (place: number): string => LETTERS[place] ?? String(place + 1);

/** How an option is called on a screen: its letter, or 对 and 错. */
export const optionName = (kind: QuestionKind, place: number): string => (kind === "true_false" ? k(place === 0 ? "true_option" : "false_option") : letter(place));

/** What an option says beyond its name. */
export function optionText(question: Question | null, place: number): string {
  const text = question?.options[place] ?? "";
  return text === letter(place) ? "" : text;
}

/** Whole per cent; of nobody 0. */
export const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((100 * part) / whole));

export const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0);

/** What is right, in words; empty where nothing is. */
export function rightText(question: Question): string {
  if (question.answer === null) return question.key ?? "";
  return [optionName(question.kind, question.answer), optionText(question, question.answer)].filter(Boolean).join(" ");
}

export const className = (seat: SeatView): string => [seat.school, seat.class_name].filter(Boolean).join(" ");
export const classNames = (seats: readonly SeatView[]): string => seats.map((seat) => seat.school).join(t("list_comma"));

const AGAIN_MS = 2000;

/** The words of the quiz on the screens; fetched again when there is more to see of it. */
export function useWords(session: LessonSession): { quiz: ComputedRef<QuizView | null>; words: Ref<AskedQuiz | null>; question: ComputedRef<Question | null> } {
  const quiz = computed(() => session.state.view?.quiz ?? null);
  const words = ref<AskedQuiz | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const load = async (): Promise<void> => {
    clearTimeout(timer);
    const wanted = quiz.value?.quiz;
    if (wanted === undefined) return;
    try {
      const found = await api<AskedQuiz>("GET", `/lessons/${session.lesson}/quizzes/${wanted}`, session.token);
      if (quiz.value?.quiz === wanted) words.value = found;
    } catch {
      timer = setTimeout(() => void load(), AGAIN_MS);
    }
  };
  // A text comes with a count of nobody: every event may bring one.
  watch(() => quiz.value && [quiz.value.quiz, quiz.value.shown, quiz.value.kind === "text" ? session.state.view?.seq : 0].join("/"), () => void load(), { immediate: true });
  onScopeDispose(() => clearTimeout(timer));
  const question = computed(() => (quiz.value && words.value?.quiz === quiz.value.quiz ? (words.value.questions[quiz.value.question] ?? null) : null));
  return { quiz, words, question };
}

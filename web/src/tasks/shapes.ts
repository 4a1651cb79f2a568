import type { QuestionKind } from "../protocol";

// The JSON of the doors of quizzes.

export interface Question {
  kind: QuestionKind;
  text: string;
  options: string[];
  answer: number | null;
  key: string | null;
}

export interface QuizLine {
  id: string;
  title: string;
  author_name: string;
  used: boolean;
  questions: Question[];
}

export interface AskedQuiz {
  quiz: string;
  title: string;
  questions: Question[];
  texts: { question: number; seat: string; text: string }[];
}

export interface ResultLine {
  quiz: string;
  title: string;
  question: number;
  kind: QuestionKind;
  text: string;
  options: string[];
  answer: number | null;
  key: string | null;
  seat: string;
  school: string;
  class_name: string;
  present: number | null;
  counts: number[];
  number: number | null;
  said: string | null;
  right: number | null;
  out_of: number | null;
  rate: string;
}

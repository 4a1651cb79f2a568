import { startTaskLanguage } from "./strings";

/** A part of quizzes or homework together with its sentences. */
export const withWords =
  <T>(part: () => Promise<T>): (() => Promise<T>) =>
  async () =>
    (await Promise.all([part(), startTaskLanguage()]))[0];

import { startPlanLanguage } from "./strings";

/** A part of the run of a lesson together with its sentences. */
export const withPlanWords =
  <T>(part: () => Promise<T>): (() => Promise<T>) =>
  async () =>
    (await Promise.all([part(), startPlanLanguage()]))[0];

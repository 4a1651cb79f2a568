/** Asks again and again until there is an answer, at most so many times; what is called ends it, also while a question is
 * under way. `ask` answers null while there is none; where it fails it is asked again. */
export function askUntil<Answer>(ask: () => Promise<Answer | null>, got: (answer: Answer) => void, every_ms: number, tries: number): () => void {
  let gone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function once(left: number): Promise<void> {
    const answer = await ask().catch(() => null);
    if (gone) return;
    if (answer !== null) got(answer);
    else if (left > 1) timer = setTimeout(() => void once(left - 1), every_ms);
  }
  void once(tries);
  return () => {
    gone = true;
    clearTimeout(timer);
  };
}

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { askUntil } from "../src/watch/asking";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("it is asked until there is an answer, over failures", async () => {
  const ask = vi.fn<() => Promise<string | null>>().mockResolvedValueOnce(null).mockRejectedValueOnce(new Error("away")).mockResolvedValue("there");
  const got = vi.fn();
  askUntil(ask, got, 4000, 60);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([ask.mock.calls.length, got.mock.calls]).toEqual([3, [["there"]]]);
});

test("it is asked so many times and no more", async () => {
  const ask = vi.fn(() => Promise.resolve(null));
  askUntil(ask, vi.fn(), 4000, 3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
});

test.each([["null", null], ["an answer", "there"]])("nothing is asked or got any more once it was ended, though %s was under way", async (_, answer) => {
  let tell: (answer: string | null) => void = () => undefined;
  const ask = vi.fn(() => new Promise<string | null>((resolve) => (tell = resolve)));
  const got = vi.fn();
  askUntil(ask, got, 4000, 60)();
  tell(answer);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([ask.mock.calls.length, got.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0, 0]);
});

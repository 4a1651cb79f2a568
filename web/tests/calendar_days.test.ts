import { expect, test } from "vitest";
import { daysOf, monthAfter, shifted, weekday } from "../src/console/bureau/days";

const YEARS = ["2026-11", "2026-12", "2027-01"].map((month) => ({ month }));

test("the month that moves along with a window's end is the next one, over the turn of the year too", () => {
  expect(monthAfter("2026-11", YEARS)?.month).toBe("2026-12");
  expect(monthAfter("2026-12", YEARS)?.month).toBe("2027-01");
  expect(monthAfter("2027-01", YEARS)).toBeNull();
});

test("days are plain dates", () => {
  expect(shifted("2026-12-31", 1)).toBe("2027-01-01");
  expect(weekday("2026-11-25")).toBe(2);
  expect([daysOf(2028, 2).length, daysOf(2026, 2).at(-1)]).toEqual([29, "2026-02-28"]);
});

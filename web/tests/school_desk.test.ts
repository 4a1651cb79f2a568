import { describe, expect, it } from "vitest";
import { daysLeft, lastMoment } from "../src/console/school/due";
import { fixFor } from "../src/console/school/fixes";

const DUE = "2019-05-27T00:00:00+08:00"; // the 26th, 24:00

describe("days to the deadline", () => {
  it("are counted by the county's calendar, not by hours", () => {
    expect(daysLeft(DUE, Date.parse("2019-05-24T23:59:00+08:00"))).toBe(2);
    expect(daysLeft(DUE, Date.parse("2019-05-25T00:00:00+08:00"))).toBe(1);
    expect(daysLeft(DUE, Date.parse("2019-05-26T23:59:59+08:00"))).toBe(0);
    expect(daysLeft(DUE, Date.parse("2019-05-27T00:00:00+08:00"))).toBe(-1);
  });

  it("end on the day that people write down: the 26th, not the 27th", () => {
    expect(new Date(Date.parse(lastMoment(DUE)) + 8 * 3_600_000).toISOString().slice(0, 10)).toBe("2019-05-26");
  });
});

describe("what is missing from 附件3", () => {
  const place = { pair: "p1", month: "2019-05" };
  it("leads to the page where a school supplies it", () => {
    expect(fixFor("highlights", place)).toBe("/school/return/2019-05/p1#texts");
    expect(fixFor("recipient.contact", place)).toBe("/school/pairs/p1");
    expect(fixFor("agreement_signed", place)).toBe("/school/pairs/p1");
    expect(fixFor("recipient.space", place)).toBe("/school/registry");
    expect(fixFor("recipient.materials", place)).toBe("/school/materials");
    expect(fixFor("publicity.city", place)).toBe("/school/publicity");
    expect(fixFor("training.count", place)).toBe("/school/hand");
  });

  it("leads nowhere where no school can supply it", () => {
    expect(fixFor("month", place)).toBeNull();
  });
});

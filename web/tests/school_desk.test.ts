import { describe, expect, it } from "vitest";
import { daysLeft, lastMoment } from "../src/console/school/due";
import { deskOf, fixFor, pageOf } from "../src/console/school/fixes";

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
  const [school, bureau] = [deskOf({}), deskOf(null)];
  it("leads to the page where a school supplies it", () => {
    expect(fixFor("highlights", place, school)).toBe("/school/return/2019-05/p1#texts");
    expect(fixFor("recipient.contact", place, school)).toBe("/school/pairs/p1");
    expect(fixFor("agreement_signed", place, school)).toBe("/school/pairs/p1");
    expect(fixFor("recipient.space", place, school)).toBe("/school/registry");
    expect(fixFor("recipient.materials", place, school)).toBe("/school/materials");
    expect(fixFor("publicity.city", place, school)).toBe("/school/publicity");
    expect(fixFor("training.count", place, school)).toBe("/school/hand");
  });

  it("leads an officer of the bureau to the bureau's pages", () => {
    expect(fixFor("recipient.contact", place, bureau)).toBe("/bureau/registry/pairs/p1");
    expect(pageOf("material:m1", place, bureau)).toBe("/bureau/registry/materials");
    expect(pageOf("fact:f1", place, school)).toBe("/school/pairs/p1");
    expect(pageOf("policy:3", place, school)).toBeNull();
  });

  it("leads nowhere where no school can supply it", () => {
    expect(fixFor("month", place, school)).toBeNull();
  });
});

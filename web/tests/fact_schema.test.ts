import { describe, expect, it } from "vitest";
import { draftOf, inputOf, lacks, ownDay, valueOf, type JsonSchema } from "../src/console/registry/schema";

const DATE: JsonSchema = { type: "string", format: "date" };
const AGREEMENT: JsonSchema = {
  $ref: "#/$defs/Agreement",
  $defs: { Agreement: { type: "object", properties: { signed_on: DATE, until: { anyOf: [DATE, { type: "null" }] }, file: { anyOf: [{ type: "string" }, { type: "null" }] } }, required: ["signed_on"] } },
};
const TERMS: JsonSchema = {
  type: "array",
  items: { $ref: "#/$defs/Term" },
  $defs: { Term: { type: "object", properties: { first: DATE, last: DATE, name: { type: "string" } }, required: ["first", "last", "name"] } },
};

describe("the editor of a dated attribute", () => {
  it("is drawn from the field's shape", () => {
    const agreement = inputOf(AGREEMENT, "agreement");
    expect(agreement.parts.map((part) => [part.name, part.kind, part.required])).toEqual([["signed_on", "date", true], ["until", "date", false], ["file", "file", false]]);
    expect(inputOf({ enum: ["乡", "街道"] }, "area_type", ["街道", "乡"])).toMatchObject({ kind: "choice", choices: ["街道", "乡"] });
    expect(inputOf({ type: "integer", minimum: 0, maximum: 20000 }, "pupils")).toMatchObject({ kind: "number", min: 0, max: 20000 });
    expect(inputOf({ type: "boolean" }, "is_teaching_point").kind).toBe("yes_no");
    expect(inputOf({ type: "array", items: { type: "string" } }, "aliases").kind).toBe("lines");
    expect(inputOf(TERMS, "calendar")).toMatchObject({ kind: "rows" });
    expect(inputOf({ type: "string" }, "parent").kind).toBe("school");
  });

  it("sends what was typed, without what was left empty", () => {
    const agreement = inputOf(AGREEMENT, "agreement");
    expect(valueOf(agreement, draftOf(agreement, null))).toEqual({});
    expect(valueOf(agreement, { signed_on: "2019-04-18", until: "", file: null })).toEqual({ signed_on: "2019-04-18" });
    expect(valueOf(inputOf({ type: "integer" }, "pupils"), "96")).toBe(96);
    expect(valueOf(inputOf({ type: "array", items: { type: "string" } }, "aliases"), " 甲校 \n\n乙校")).toEqual(["甲校", "乙校"]);
    const terms = inputOf(TERMS, "calendar");
    const value = [{ first: "2019-02-18", last: "2019-06-28", name: "第二学期" }];
    expect(valueOf(terms, draftOf(terms, value))).toEqual(value);
  });

  it("names the required parts that are missing", () => {
    const agreement = inputOf(AGREEMENT, "agreement");
    expect(lacks(agreement, {})).toEqual(["signed_on"]);
    expect(lacks(agreement, { signed_on: "2019-04-18" })).toEqual([]);
    expect(lacks(inputOf({ type: "string" }, "district"), null)).toEqual([""]);
  });

  it("takes the day a value speaks of for the day it is true since", () => {
    const agreement = inputOf(AGREEMENT, "agreement");
    expect(ownDay(agreement, { signed_on: "2019-04-18" })).toBe("2019-04-18");
    expect(ownDay(agreement, {})).toBeNull();
    expect(ownDay(inputOf({ type: "string" }, "district"), "x")).toBeNull();
  });
});

import { expect, test } from "vitest";
import { nextTick, shallowRef } from "vue";
import { useTexts } from "../src/console/ledger/texts";

const form = (month: string, highlights: string, other = "") => ({
  month: { month },
  pair: "p1",
  cells: { highlights: { value: highlights }, next_plan: { value: "" }, other: { value: other } },
});

async function written(): Promise<[ReturnType<typeof useTexts>, (next: ReturnType<typeof form>) => Promise<void>]> {
  const data = shallowRef(form("2026-11", "", ""));
  const page = useTexts(data);
  await nextTick();
  return [page, async (next) => {
    data.value = next;
    await nextTick();
  }];
}

test("a form that is read anew leaves what is being written, and shows what another officer wrote elsewhere", async () => {
  const [page, read] = await written();
  page.texts.highlights = "名师进村";
  await read(form("2026-11", "", "停电一天"));
  expect(page.texts).toEqual({ highlights: "名师进村", next_plan: "", other: "停电一天" });
  expect(page.changed.value).toEqual(["highlights"]);
  expect(page.theirs).toEqual({ highlights: null, next_plan: null, other: null });
});

test("two officers in one box: neither text is lost, and one is chosen", async () => {
  const [page, read] = await written();
  page.texts.highlights = "名师进村";
  await read(form("2026-11", "集体备课"));
  expect([page.texts.highlights, page.theirs.highlights]).toEqual(["名师进村", "集体备课"]);
  page.takeTheirs("highlights");
  expect([page.texts.highlights, page.theirs.highlights, page.changed.value]).toEqual(["集体备课", null, []]);
});

test("what was saved is no longer a change, and another month begins with its own texts", async () => {
  const [page, read] = await written();
  page.texts.highlights = "名师进村 ";
  await read(form("2026-11", "名师进村"));
  expect([page.texts.highlights, page.changed.value]).toEqual(["名师进村", []]);
  page.texts.highlights = "写了一半";
  await read(form("2026-10", "上月的"));
  expect([page.texts.highlights, page.changed.value]).toEqual(["上月的", []]);
});

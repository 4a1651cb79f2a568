"""Courseware: uploaded in the studio, turned, pointed at and written on in every seat, there again after a reload."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from reportlab.pdfgen.canvas import Canvas

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(300)]

DEADLINE_MS = 40_000


def slides(path: Path, pages: int = 3) -> Path:
    canvas = Canvas(str(path), pagesize=(960, 540))
    for number in range(1, pages + 1):
        canvas.setFillColorRGB(0.9, 0.2 * number, 0.1)
        canvas.rect(0, 0, 960, 540, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        canvas.setFont("Helvetica", 60)
        canvas.drawString(80, 300, f"Lesson page {number}")
        canvas.showPage()
    canvas.save()
    return path


async def shows(page: Page, id: str, text: str = "") -> None:
    await expect(page.get_by_test_id("page")).to_have_attribute("data-page", id, timeout=DEADLINE_MS)
    if text:
        picture = page.get_by_test_id("page-picture")
        await expect(picture).to_have_attribute("alt", text, timeout=DEADLINE_MS)
        await expect(picture).to_have_js_property("naturalWidth", 1920, timeout=DEADLINE_MS)


async def drag(page: Page, *path: tuple[float, float], scope: str = "page") -> None:
    """With the mouse over the page, by fractions of it."""
    box = await page.get_by_test_id(scope).locator("svg").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for place in places[1:]:
        await page.mouse.move(*place, steps=6)
    await page.mouse.up()


async def strokes(page: Page, count: int) -> None:
    await expect(page.get_by_test_id("stroke")).to_have_count(count, timeout=DEADLINE_MS)


async def test_pages_are_uploaded_turned_and_written_on_in_every_seat(
    school: Any, open_page: Any, tmp_path: Path
) -> None:
    made = await school.lesson()
    rooms = [await open_page(seat["page"]) for seat in made["seats"]]
    teacher = await open_page(made["teacher"]["page"])
    await teacher.get_by_test_id("start").click(timeout=DEADLINE_MS)
    for page in (teacher, *rooms):
        await page.locator("html[data-state=live]").wait_for(state="attached", timeout=DEADLINE_MS)

    await teacher.get_by_test_id("tool-pages").click()
    await teacher.get_by_test_id("courseware-file").set_input_files(slides(tmp_path / "第三课.pdf"))
    thumbs = teacher.get_by_test_id("thumbs").locator("button")
    await expect(thumbs).to_have_count(3, timeout=DEADLINE_MS)
    first = made["seats"][0]["seat"]
    await expect(teacher.get_by_test_id(f"held-{first}")).to_have_text("3 页已全部下载", timeout=DEADLINE_MS)

    began = time.monotonic()
    await thumbs.first.click()
    shown = await teacher.get_by_test_id("page").get_attribute("data-page", timeout=DEADLINE_MS)
    assert shown is not None and shown.endswith("-1")
    courseware = shown.removesuffix("-1")
    for page in (teacher, *rooms):
        await shows(page, f"{courseware}-1", "第 1 页 Lesson page 1")
    print(f"first page after {time.monotonic() - began:.2f} s")
    await teacher.keyboard.press("PageDown")
    for page in (teacher, *rooms):
        await shows(page, f"{courseware}-2", "第 2 页 Lesson page 2")

    await teacher.get_by_test_id("tool-pen").click()
    await drag(teacher, (0.2, 0.2), (0.5, 0.6), (0.8, 0.3))
    for page in (teacher, *rooms):
        await strokes(page, 1)
    drawn = [await page.get_by_test_id("stroke").get_attribute("d") for page in (teacher, *rooms)]
    assert drawn[0] == drawn[1] == drawn[2]

    # One classroom may write, the other may not; what it writes everybody sees, and it rubs out its own alone.
    one, two = rooms
    await teacher.get_by_test_id(f"writer-{first}").locator("input").check()
    await one.get_by_test_id("tool-pen").click()
    await expect(two.get_by_test_id("tool-pen")).to_have_count(0)
    await drag(one, (0.1, 0.8), (0.4, 0.8))
    for page in (teacher, *rooms):
        await strokes(page, 2)
    await one.get_by_test_id("tool-eraser").click()
    await drag(one, (0.2, 0.2), (0.25, 0.9))
    for page in (teacher, *rooms):
        await strokes(page, 1)

    await teacher.get_by_test_id("tool-pointer").click()
    svg = await teacher.get_by_test_id("page").locator("svg").bounding_box()
    assert svg is not None
    await teacher.mouse.move(svg["x"] + 0.5 * svg["width"], svg["y"] + 0.5 * svg["height"], steps=4)
    for page in rooms:
        await expect(page.get_by_test_id("pointer")).to_have_count(1, timeout=DEADLINE_MS)

    # The whiteboard, then a reload in the middle of it all.
    await teacher.get_by_test_id("add-plain").click()
    await expect(teacher.get_by_test_id("page-place")).to_have_text("3 / 4", timeout=DEADLINE_MS)
    await teacher.get_by_test_id("tool-highlighter").click()
    await drag(teacher, (0.3, 0.3), (0.7, 0.3))
    for page in rooms:
        await strokes(page, 1)
    await two.reload()
    await strokes(two, 1)
    await teacher.get_by_test_id("undo").click()
    for page in (teacher, *rooms):
        await strokes(page, 0)
    await teacher.keyboard.press("ArrowLeft")
    await shows(two, f"{courseware}-2", "第 2 页 Lesson page 2 有书写 1 笔")
    await strokes(two, 1)
    await teacher.get_by_test_id("clear-page").click()
    await teacher.get_by_test_id("clear-ok").click()
    await strokes(two, 0)
    await teacher.get_by_test_id("pages-away").click()
    for page in rooms:
        await expect(page.get_by_test_id("page")).to_have_count(0, timeout=DEADLINE_MS)

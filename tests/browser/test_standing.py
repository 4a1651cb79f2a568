"""A classroom's standing page while it waits."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_it_counts_down_to_its_next_lesson(school, open_blind) -> None:
    start = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    await school.lesson(start=start)
    page = await open_blind((await school.link("classroom", "檀溪中小", "一号教室"))["page"])
    left = page.get_by_test_id("left")
    await expect(left).to_have_text(re.compile(r"2\d:\d\d 后上课"))
    before = await left.text_content()
    await expect(left).not_to_have_text(before or "")

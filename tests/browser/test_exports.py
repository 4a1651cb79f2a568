"""The page of a lesson that is over: one click, one file."""

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from playwright.async_api import expect

from tests.signaling.conftest import House
from tests.signaling.test_exports import recorded

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(180)]
DEADLINE_MS = 60_000


async def test_the_teacher_exports_a_lesson_and_saves_the_file(school: Any, open_page: Any, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        made = await recorded(House(school.server.info, session, school.data, school.server.stop))
    page = await open_page(made["teacher"]["page"])
    exports = page.get_by_test_id("exports")
    await expect(exports).to_contain_text("默认不含学生的画面和声音", timeout=DEADLINE_MS)
    await exports.get_by_label("画面").select_option("仅教师")
    await exports.get_by_role("button", name="导出").click()
    line = page.get_by_test_id("export-teacher")
    await expect(line).to_have_attribute("data-state", "ready", timeout=DEADLINE_MS)
    await expect(line).to_contain_text("仅教师（不含学生）")
    # There is one already.
    await expect(exports.get_by_role("button", name="导出")).to_be_disabled()
    async with page.expect_download() as saving:
        await line.get_by_role("button", name="下载").click()
    saved = await saving.value
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_实验小学_语文_五（1）班_教师_不含学生\.mp4", saved.suggested_filename)
    await saved.save_as(tmp_path / "lesson.mp4")
    with av.open(str(tmp_path / "lesson.mp4")) as container:
        assert container.duration / av.time_base == pytest.approx(12, abs=0.1)
        assert container.metadata["artist"] == "实验小学"
    await line.get_by_role("button", name="删除文件").click()
    await expect(line).to_have_count(0)
    assert await asyncio.to_thread(lambda: list((school.data / "exports").iterdir())) == []

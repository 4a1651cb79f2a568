"""How much script a page loads: what a village line has to carry before a lesson can begin."""

import pytest
from playwright.async_api import Page

from signaling.pages import DIST

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

BUDGET_KB = 60.0
# On a thin line the headers of a small file take as long as its text, and one lost packet a second.
FILES = 16
LOADED = (
    "() => performance.getEntriesByType('resource').map(each => each.name).filter(name => name.includes('/assets/'))"
)
SCRIPTS = """() => performance.getEntriesByType('resource').filter(each => each.name.endsWith('.js'))
  .map(each => [each.name, each.encodedBodySize])"""


async def scripts(page: Page) -> dict[str, float]:
    """The scripts that a page has loaded once nothing more comes, with what came of each over the line, in kB."""
    await page.locator("html[data-state=waiting]").wait_for(state="attached")
    await page.wait_for_load_state("networkidle")
    return {address.rpartition("/")[2]: octets / 1000 for address, octets in await page.evaluate(SCRIPTS)}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_classrooms_page_is_light_until_its_lesson_begins(school, open_page, language: str) -> None:
    page = await open_page((await school.link("classroom", "檀溪中小"))["page"] + f"?lang={language}")
    loaded = await scripts(page)
    assert sum(loaded.values()) <= BUDGET_KB, loaded
    words = [(DIST / "assets" / name).read_text("utf8") for name in loaded if name.startswith("catalogue")]
    assert words and all(("。" in text) == (language == "zh") for text in words), "another language was loaded too"


async def test_a_classrooms_lesson_comes_in_few_files(school, open_page) -> None:
    made = await school.lesson()
    page = await open_page(made["seats"][0]["page"])
    await page.wait_for_load_state("networkidle")
    loaded = await page.evaluate(LOADED)
    assert any("lesson" in name for name in loaded) and len(loaded) <= FILES, loaded

"""What axe-core finds wrong with a page against WCAG 2.1 AA."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

SOURCE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RUN = """
() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations']})
  .then(found => found.violations.map(({id, help, nodes}) => ({id, help, nodes: nodes.slice(0, 5).map(
    ({html, failureSummary}) => html.slice(0, 160) + ' — ' + failureSummary.slice(0, 300))})))
"""


async def violations(page: Page) -> list[Any]:
    """Each breach with the places that have it; [] for a page that is fine. The page's own policy is not in the way."""
    # Half faded in a thing has not its own colours: wait for what moves and ends.
    await page.evaluate(
        "() => Promise.all(document.getAnimations().filter(each => each.effect?.getComputedTiming().endTime < 5000)"
        ".map(each => each.finished.catch(() => 0)))"
    )
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(SOURCE.read_text())
    found: list[Any] = await page.evaluate(RUN)
    return found

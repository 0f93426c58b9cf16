"""A real browser for tests: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1400, 900), (390, 844)


def missing(what: str) -> None:
    """Skip, but fail where everything must be there."""
    if os.environ.get("PHYLOLM_NEED_BROWSER"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser. Skips where there is none."""
    if CHROMIUM is None:
        missing("no Chromium here: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield running
        running.close()


class Visit:
    """An open page, and all that it asked for and complained of."""

    def __init__(self, context: Any, url: str) -> None:
        self.page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)
        self.ready()

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def ready(self) -> None:
        self.page.wait_for_selector("html[data-ready]", timeout=30_000)
        self.settle()

    def settle(self) -> None:
        """Wait until what is due is drawn and the address is written."""
        self.page.wait_for_timeout(250)

    @property
    def views(self) -> list[str]:
        return self.page.locator("nav a").all_inner_texts()

    def turn_to(self, view: str) -> None:
        self.page.locator("nav a", has_text=view).first.click()
        self.settle()

    def canvas_box(self) -> tuple[float, float, float, float]:
        box = self.page.locator(".stage canvas").first.bounding_box()
        return box["x"], box["y"], box["width"], box["height"]

    def spoken(self) -> str:
        return self.page.locator("[aria-live=polite].spoken").inner_text()

    def harmed(self) -> Any:
        return self.page.evaluate("window.harmed ?? null")


@contextmanager
def visit(
    browser: Any, url: str, size: tuple[int, int] = DESKTOP, **options: Any
) -> Iterator[Visit]:
    """A page in a context of its own."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    try:
        yield Visit(context, url)
    finally:
        context.close()

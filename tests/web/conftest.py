"""One Chromium for all tests of this folder, and a web server for a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from tests.web.browser import Browser, Page, started_browser
from tests.web.serving import serve

HERE = Path(__file__).parent
PAGE = "<!doctype html><link rel=icon href='data:,'><script src='chipassets.js'></script>"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests on one worker, in one Chromium: they wait for sound while others compute."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running Chromium; the test is skipped where none is installed."""
    with started_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def game_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[[], Page]]:
    """Open a page with the player; it is served from the test's folder."""
    script = files("chipassets").joinpath("runtime/web/chipassets.js").read_bytes()
    (tmp_path / "chipassets.js").write_bytes(script)
    (tmp_path / "index.html").write_text(PAGE)
    with serve(tmp_path) as address:
        pages: list[Page] = []

        def open_page() -> Page:
            pages.append(browser.open(f"{address}/index.html"))
            return pages[-1]

        yield open_page
        for page in pages:
            page.close()

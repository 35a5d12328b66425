"""What the web player refuses to open: the same as the Python runtime, with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipassets.runtime import Library, LibraryError
from tests.report.sample_bundle import Piece, write_sample
from tests.web.browser import Page, PageError

OPEN = "Chipassets.open('b/bundle.json', {context: new OfflineAudioContext(1, 1, 44100)})"

# Where in the index of a track which value is put, and a word of the web player's reason.
WRONG: tuple[tuple[tuple[str | int, ...], Any, str], ...] = (
    ((), None, "not an object"),
    (("name",), "", "name is not a text"),
    (("scene",), 7, "scene is not a text"),
    (("moods",), None, "moods is not a list"),
    (("moods",), [3], "moods is not a list"),
    (("bars",), 0, "bars is not"),
    (("samples",), "132300", "samples is not"),
    (("beats_per_bar",), 1001, "beats_per_bar is not"),
    (("pulse_steps",), 0, "pulse_steps does not divide the bar"),
    (("pulse_steps",), 6, "pulse_steps does not divide the bar"),
    (("pulse_steps",), "4", "pulse_steps does not divide the bar"),
    (("sample_rate_hz",), 4.5, "sample_rate_hz is not"),
    (("tempo_bpm",), "120", "tempo_bpm is not"),
    (("tempo_bpm",), 0, "tempo_bpm is not"),
    (("sections",), {}, "sections is not"),
    (("sections", 0), {"name": "A", "start_bar": -1, "bars": 1}, "sections is not"),
    (("loop", "length_samples"), 0, "the loop is empty"),
    (("loop", "start_sample"), -1, "does not say where it starts"),
    (("loop", "start_bar"), 0, "does not say where it starts"),
    (("loop", "bars"), 99, "goes past the end"),
    (("files",), [], "files is not an object"),
    (("files", "ogg"), None, "has no size"),
    (("files", "ogg", "path"), "../b.ogg", "points outside"),
    (("layers",), {}, "layers is not a list"),
)


@pytest.fixture
def page(game_page: Callable[[], Page], tmp_path: Path) -> Page:
    """A page beside a bundle of one track."""
    write_sample(tmp_path / "b", [Piece("town", bars=3, intro_bars=1)])
    return game_page()


def test_the_page_refuses_the_bundles_that_the_python_runtime_refuses(
    page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "b" / "bundle.json"
    good = path.read_text()
    Library.open(path.parent)
    assert page.run(f"{OPEN}.then((player) => player.index.tracks.length)") == 1
    for place, value, reason in WRONG:
        index = json.loads(good)
        inside: Any = index["tracks"]
        keys = (0, *place)
        for key in keys[:-1]:
            inside = inside[key]
        inside[keys[-1]] = value
        path.write_text(json.dumps(index))
        with pytest.raises(LibraryError):
            Library.open(path.parent)
        with pytest.raises(PageError, match=reason):
            page.run(OPEN)

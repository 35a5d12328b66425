from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chipassets.report import report, write_report
from chipassets.report.page import TRACKS_A_PAGE
from chipassets.selection.features import FEATURES
from tests.report.sample_bundle import BAR_SAMPLES, Piece, write_sample
from tests.report.test_report import HOSTILE
from tests.web.browser import Browser, Page

OpenReport = Callable[..., Page]

# Keeps what was shown, so that a test which looks late has not missed it: the furthest sample of
# each player, where the last click has put it, what a screen reader was told, and for how long
# there had been sound by then, on the clock of the sound.
WITNESS = """
const furthest = {}, told = [];
let clicked = null, sound = null, began = 0;
const { createBufferSource } = AudioContext.prototype;
AudioContext.prototype.createBufferSource = function () {
  if (sound === null) began = this.currentTime;
  sound = this;
  return createBufferSource.call(this);
};
const shown = (score) => Number(score.dataset.sample || 0);
for (const score of document.querySelectorAll(".score")) {
  const { player } = score.closest(".side").dataset;
  furthest[player] = 0;
  new MutationObserver(() => {
    furthest[player] = Math.max(furthest[player], shown(score));
  }).observe(score, { attributeFilter: ["data-sample"] });
  addEventListener("click", (event) => {
    if (score.contains(event.target)) clicked = shown(score);
  });
}
new MutationObserver(() => {
  const seconds = sound === null ? 0 : sound.currentTime - began;
  told.push([document.getElementById("said").textContent, seconds]);
}).observe(document.getElementById("said"), { childList: true });
"""

TOWN = Piece("town", moods=("calm", "bright"), bars=4, intro_bars=1)
BATTLE = Piece("battle", moods=("tense",), hz=523.25, bars=2)
FANFARE = Piece("fanfare", scene="victory", moods=("bright",), hz=880, bars=1, intro_bars=None)


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[OpenReport]:
    """Write the report on the pieces, compared with earlier ones if given, and open the file."""
    pages: list[Page] = []

    def open_page(pieces: list[Piece], before: list[Piece] | None = None, **how: Any) -> Page:
        bundle = write_sample(tmp_path / "after", pieces, **how)
        earlier = write_sample(tmp_path / "before", before) if before else None
        target = tmp_path / "report.html"
        target.write_bytes(report(bundle, earlier))
        pages.append(browser.open(target.as_uri()))
        pages[-1].run(WITNESS)
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


def _side(player: str) -> str:
    return f'.side[data-player="{player}"]'


def _sample(page: Page, player: str) -> int:
    score = f"""document.querySelector('{_side(player)} .score')"""
    return int(page.run(f"Number({score}.dataset.sample || 0)"))


def _wait_past(page: Page, player: str, sample: int) -> None:
    page.wait_for(f"furthest['{player}'] > {sample}")


def _value_text(page: Page, player: str) -> str:
    score = f"""document.querySelector('{_side(player)} .score')"""
    return str(page.run(f"{score}.getAttribute('aria-valuetext')"))


def _shown(page: Page) -> list[str]:
    cards = "[...document.querySelectorAll('.track')].filter((card) => !card.hidden)"
    return list(page.run(f"{cards}.map((card) => card.querySelector('h2').textContent)"))


def test_the_page_plays_pauses_and_goes_on(open_report: OpenReport) -> None:
    page = open_report([TOWN, BATTLE])
    play = f"{_side('after-town')} .play"
    page.click(play)
    _wait_past(page, "after-town", 5_000)
    assert page.run(f"document.querySelector('{play}').getAttribute('aria-pressed')") == "true"
    assert page.run("document.getElementById('said').textContent") == "Playing town"
    page.click("#toggle")
    paused = _sample(page, "after-town")
    assert page.run("document.getElementById('toggle').getAttribute('aria-pressed')") == "false"
    page.click("#toggle")
    _wait_past(page, "after-town", paused)
    page.click(f"{_side('after-battle')} .play")
    _wait_past(page, "after-battle", 5_000)
    assert page.run(f"document.querySelector('{play}').getAttribute('aria-pressed')") == "false"
    assert page.complaints() == []


def test_a_track_that_plays_once_stops_at_its_end(open_report: OpenReport) -> None:
    page = open_report([FANFARE])
    page.click(f"{_side('after-fanfare')} .play")
    page.wait_for("told.length === 2")
    (first, _), (last, seconds) = page.run("told")
    assert (first, last) == ("Playing fanfare", "Paused fanfare")
    assert seconds > 0.95  # of the second that it lasts
    assert page.run("document.getElementById('toggle').getAttribute('aria-pressed')") == "false"
    assert _sample(page, "after-fanfare") == 0


def test_the_seam_is_heard_and_the_loop_goes_round(open_report: OpenReport) -> None:
    page = open_report([TOWN])
    page.click(f"{_side('after-town')} .seam")
    page.wait_for("/loop [2-9]/.test(document.getElementById('where').textContent)")
    assert _sample(page, "after-town") > 4 * BAR_SAMPLES
    left = page.run("parseFloat(document.querySelector('.playhead').style.left)")
    assert 25 <= left < 100


def test_a_click_on_the_roll_seeks(open_report: OpenReport) -> None:
    page = open_report([TOWN])
    page.click(f"{_side('after-town')} .score", across=0.6)
    assert _sample(page, "after-town") == pytest.approx(0.6 * 4 * BAR_SAMPLES, rel=0.01)
    assert _value_text(page, "after-town") == "bar 3 of 4, beat 2"
    page.press(" ", " ")
    _wait_past(page, "after-town", int(2.6 * BAR_SAMPLES))
    page.click(f"{_side('after-town')} .score", across=0.1)
    assert page.run("clicked") == pytest.approx(0.1 * 4 * BAR_SAMPLES, rel=0.02)
    assert page.run("document.querySelector('.play').getAttribute('aria-pressed')") == "true"


def test_everything_is_reached_by_keyboard(open_report: OpenReport) -> None:
    page = open_report([TOWN, BATTLE])
    page.run(f"document.querySelector('{_side('after-town')} .score').focus()")
    for key, place in (
        ("ArrowRight", "bar 1 of 4, beat 2"),
        ("End", "bar 4 of 4, beat 1"),
        ("ArrowLeft", "bar 3 of 4, beat 4"),
        ("PageDown", "bar 1 of 4, beat 1"),
        ("PageUp", "bar 4 of 4, beat 4"),
        ("Home", "bar 1 of 4, beat 1"),
    ):
        page.press(key)
        if key == "PageUp":
            continue
        assert _value_text(page, "after-town") == place, key
    page.press(" ", " ")
    _wait_past(page, "after-town", 2_000)
    page.press("n", "n")
    _wait_past(page, "after-battle", 2_000)
    focused = page.run("document.activeElement.getAttribute('aria-label')")
    assert focused == "Position in battle"
    outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.press(" ", " ")
    page.wait_for("document.getElementById('toggle').getAttribute('aria-pressed') === 'false'")
    assert page.complaints() == []


def test_filters_narrow_and_say_how_many_are_left(open_report: OpenReport) -> None:
    page = open_report([TOWN, BATTLE, FANFARE])
    assert page.run("document.getElementById('count').textContent") == "3 of 3 tracks"
    page.click('[data-filter="mood"][data-value="bright"]')
    assert _shown(page) == ["town", "fanfare"]
    page.click('[data-filter="scene"][data-value="victory"]')
    assert _shown(page) == ["fanfare"]
    assert page.run("document.getElementById('count').textContent") == "1 of 3 tracks"
    page.click('[data-filter="mood"][data-value="bright"]')
    page.click('[data-filter="mood"][data-value="tense"]')
    assert _shown(page) == []
    assert page.run("document.getElementById('nothing').hidden") is False
    page.click("#clear")
    assert _shown(page) == ["town", "battle", "fanfare"]


def test_the_overview_follows_the_filters_and_leads_to_a_hidden_track(
    open_report: OpenReport,
) -> None:
    page = open_report([TOWN, BATTLE, FANFARE])
    rows = (
        "[...document.querySelectorAll('[data-row]')].filter((row) => !row.hidden)"
        ".map((row) => row.dataset.row)"
    )
    page.click('[data-filter="mood"][data-value="bright"]')
    assert page.run(rows) == ["track-town", "track-fanfare"]
    # A link that was kept, to a track that the filter hides: the reader wants the track.
    page.run("document.querySelector('a[href=\"#track-battle\"]').click()")
    assert _shown(page) == ["town", "battle", "fanfare"]
    assert page.run("location.hash") == "#track-battle"


def test_a_voice_can_be_hidden_in_the_roll(open_report: OpenReport) -> None:
    page = open_report([TOWN])
    page.click('.voice[data-voice="pulse1"]')
    assert page.run("getComputedStyle(document.querySelector('.roll .v0')).display") == "none"
    page.click('.voice[data-voice="pulse1"]')
    assert page.run("getComputedStyle(document.querySelector('.roll .v0')).display") != "none"


def test_two_bundles_are_compared_side_by_side(open_report: OpenReport) -> None:
    louder = Piece("battle", moods=("tense", "dark"), hz=330, bars=2)
    page = open_report([TOWN, louder, FANFARE], [TOWN, BATTLE, Piece("gone")])
    assert page.run("document.querySelector('.summary').textContent") == (
        "1 changed, 1 new, 1 removed, 1 unchanged"
    )
    assert _shown(page) == ["battle", "fanfare", "gone"]
    page.click("#clear")
    assert _shown(page) == ["town", "battle", "fanfare", "gone"]
    text = page.run("document.querySelector('[data-status=changed] .changes').innerText")
    assert "tense → tense dark" in text
    assert "the audio is different" in text
    tops = page.run(
        "[...document.querySelectorAll('[data-status=changed] .side')]"
        ".map((side) => side.getBoundingClientRect().top)"
    )
    assert tops[0] == tops[1]
    page.click(f"{_side('before-battle')} .play")
    _wait_past(page, "before-battle", BAR_SAMPLES)
    page.click(f"{_side('after-battle')} .play")
    _wait_past(page, "after-battle", BAR_SAMPLES)
    assert page.run("document.getElementById('now').textContent") == "battle (after)"
    assert page.complaints() == []


def test_hostile_names_are_shown_and_not_run(open_report: OpenReport) -> None:
    hostile = Piece(
        "town", HOSTILE, (HOSTILE,), why=HOSTILE, key=HOSTILE, notes=((HOSTILE, 0, 60),)
    )
    page = open_report([hostile], [TOWN], game=HOSTILE)
    assert page.run("typeof hit") == "undefined"
    assert page.run("document.querySelector('h1').textContent") == HOSTILE
    assert page.run("document.querySelectorAll('img').length") == 0
    page.click(f"{_side('after-town')} .play")
    _wait_past(page, "after-town", 2_000)
    assert page.complaints() == []


def test_no_script_but_the_page_s_own_runs(open_report: OpenReport) -> None:
    page = open_report([TOWN])
    page.run("""(() => {
      const script = document.createElement("script");
      script.textContent = "hit = 1";
      document.body.append(script);
    })()""")
    assert page.run("typeof hit") == "undefined"
    with pytest.raises(Exception, match="Failed to fetch"):
        page.run("fetch('data:,x')")


def test_the_page_fits_its_window(open_report: OpenReport) -> None:
    page = open_report([TOWN, Piece("long", bars=24)], [TOWN, Piece("long", bars=24, hz=300)])
    page.run("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.click("#clear")
    for width in (320, 390, 768, 1280):
        page.resize(width, 800, mobile=width < 700)
        assert page.run("document.documentElement.scrollWidth") <= width
        small = page.run(
            "[...document.querySelectorAll('button')].filter((b) => b.offsetParent)"
            ".map((b) => Math.min(b.offsetWidth, b.offsetHeight)).filter((size) => size < 24)"
        )
        assert small == []


def test_rows_of_the_overview_are_whole_pixels_and_short_statements_have_no_label(
    open_report: OpenReport,
) -> None:
    page = open_report([TOWN, BATTLE, FANFARE])
    heights = page.run(
        "[...document.querySelectorAll('.wide tr')]"
        ".map((row) => row.getBoundingClientRect().height)"
    )
    assert heights
    assert all(height == round(height) for height in heights), heights
    labels = """(width) => {
      const lane = document.createElement("ul");
      lane.className = "lane";
      lane.innerHTML = `<li style="width:${width}px"><span aria-hidden="true">hero</span></li>`;
      document.body.append(lane);
      return getComputedStyle(lane.querySelector("span")).display !== "none";
    }"""
    assert [page.run(f"({labels})({width})") for width in (16, 60)] == [False, True]


def test_a_screen_reader_finds_landmarks_and_names(open_report: OpenReport) -> None:
    page = open_report([TOWN, BATTLE])
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored")
    ]
    roles = [role for role, _ in found]
    for landmark in ("banner", "navigation", "main", "contentinfo", "region", "status"):
        assert landmark in roles, landmark
    for role, name in found:
        if role in ("button", "slider", "article", "group", "navigation", "region"):
            assert name or role == "group", (role, name)
    assert ("slider", "Position in town") in found
    assert ("button", "Play battle") in found
    headings = {name for role, name in found if role == "heading"}
    assert headings == {"Test Quest", "All tracks", "town", "battle", "Where it comes from"}


def test_a_report_of_many_tracks_leads_from_its_table_to_a_page_that_plays(
    browser: Browser, tmp_path: Path
) -> None:
    pieces = [Piece(f"t{number:02}", bars=1) for number in range(TRACKS_A_PAGE)]
    bundle = write_sample(tmp_path / "b", [*pieces, BATTLE])
    page = browser.open(write_report(bundle, tmp_path / "report.html")[0].as_uri())
    rows = "[...document.querySelectorAll('[data-row]')].filter((r) => !r.hidden).length"
    assert page.run(rows) == TRACKS_A_PAGE + 1
    page.click('[data-filter="mood"][data-value="tense"]')
    assert page.run(rows) == 1
    count = "document.getElementById('count').textContent"
    assert page.run(count) == f"1 of {TRACKS_A_PAGE + 1} tracks"
    assert page.run("getComputedStyle(document.querySelector('.transport')).display") == "none"
    href = page.run("document.querySelector('[data-row]:not([hidden]) a').href")
    page.close()
    page = browser.open(href)
    assert _shown(page) == ["battle"]
    page.click('[data-player="after-battle"] .play')
    page.wait_for("document.getElementById('now').textContent === 'battle'")
    assert page.run("document.querySelector('.pages a').textContent") == "All tracks"
    page.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_the_table_of_takes_fits_the_window(open_report: OpenReport, width: int) -> None:
    names = list(FEATURES)[:18]
    features = {name: {"value": -1.234, "points": 0.5} for name in names}
    row = {"take": 12, "chosen": True, "score": 0.8, "verdict": "refused: " + "too " * 60}
    page = open_report([TOWN], takes={"town": [row | {"features": features}]})
    page.resize(width, 900, mobile=width < 500)
    page.run("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    table, fits = "document.querySelector('.takes')", "scrollWidth <= document.body.clientWidth"
    assert page.run(f"{table}.{fits}")
    assert page.run(f"document.documentElement.{fits.replace('body', 'documentElement')}")
    outside = page.run(
        f"[...{table}.querySelectorAll('td, th')].filter((cell) => cell.offsetWidth > 2 &&"
        f" cell.getBoundingClientRect().right > {table}.getBoundingClientRect().right + 1).length"
    )
    assert outside == 0
    said = page.run("document.querySelector('.columns').textContent")
    assert "from the lowest to the highest note of the top line (semitones)" in said

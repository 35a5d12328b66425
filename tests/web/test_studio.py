"""The studio's page in Chromium: heard, compared and decided by keyboard alone, at any width."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chipassets.decisions import auditions
from chipassets.lock import read_lock
from chipassets.stored.cache import Cache
from chipassets.studio.app import create_app
from chipassets.studio.server import HOST, StudioServer
from chipassets.studio.session import Session
from tests.conftest import session_folder, share_takes
from tests.studio.conftest import GAME
from tests.web.browser import Browser, Page

TOKEN = "a-token-of-some-letters"

# Keeps what a screen reader was told, and when and from where each sound was started.
WITNESS = """
globalThis.told = []; globalThis.started = [];
for (const id of ["said", "alert"]) {
  new MutationObserver(() => told.push(document.getElementById(id).textContent))
    .observe(document.getElementById(id), { childList: true });
}
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (at, offset) {
  started.push([at, offset, this.loop, this.loopEnd - this.loopStart, this.buffer.length]);
  return start.call(this, at, offset);
};
"""


class Opened:
    """A studio that is served, and the page that has opened it."""

    def __init__(self, manifest: Path, page: Page, session: Session) -> None:
        self.manifest, self.page, self.session = manifest, page, session

    def text(self, selector: str) -> str:
        return str(self.page.run(f"document.querySelector({json.dumps(selector)}).textContent"))

    def states(self) -> dict[str, str]:
        script = (
            "Object.fromEntries([...document.querySelectorAll('[data-take]')].map((row) =>"
            " [row.dataset.take, row.className.split(' ')[1]]))"
        )
        found: dict[str, str] = self.page.run(script)
        return found

    def wait_until(self, script: str) -> None:
        self.page.wait_for(f"Boolean({script})")

    def wait_told(self, words: str) -> None:
        self.wait_until(f"told.some((text) => text.includes({json.dumps(words)}))")

    @property
    def selected(self) -> str:
        return str(self.page.run("document.querySelector('.take.selected').dataset.take"))

    def press(self, key: str) -> None:
        self.page.press(key, "\r" if key == "Enter" else key if len(key) == 1 else "")

    def locked(self, track: str) -> Any:
        return read_lock(self.manifest).takes.get(track)


@pytest.fixture
def opened(
    browser: Browser,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Opened]]:
    """Serve the studio of a small game, and open its page."""
    share_takes(tmp_path_factory, monkeypatch)
    sounds = session_folder(tmp_path_factory, "studio-sounds")
    ends: list[Callable[[], object]] = []

    def open_studio(text: str = GAME, width: int = 1280) -> Opened:
        manifest = tmp_path / "game.yaml"
        manifest.write_text(text)
        listening = socket.create_server((HOST, 0))
        port = listening.getsockname()[1]
        session = Session(manifest, Cache(sounds), tmp_path / "build")
        server = StudioServer(create_app(session, TOKEN, (f"{HOST}:{port}",)), session)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()
            session.close()

        ends.append(end)
        page = browser.open(f"http://{HOST}:{port}/{TOKEN}/", width=width)
        ends.append(page.close)
        page.run(WITNESS)
        return Opened(manifest, page, session)

    yield open_studio
    for end in reversed(ends):
        end()


@pytest.fixture
def studio(opened: Callable[..., Opened]) -> Opened:
    """The page with the first track's takes, of which one is shown."""
    found = opened()
    found.wait_until("document.querySelectorAll('.note').length > 8")
    found.wait_until("document.querySelector('#count').textContent === '2 takes'")
    return found


def test_the_page_loads_nothing_from_elsewhere_and_complains_of_nothing(studio: Opened) -> None:
    page = studio.page
    names = page.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
    address = page.run("location.origin")
    assert len(names) > 4
    assert all(name.startswith((f"{address}/{TOKEN}/", "data:")) for name in names)
    assert page.complaints() == []
    assert studio.text("#game-name") == "Tiny Quest"
    assert page.run("document.title") == "Tiny Quest: studio"
    tracks = page.run(
        "[...document.querySelectorAll('.track-name')].map((name) => name.textContent)"
    )
    assert tracks == ["town", "battle"]


def test_everything_that_can_be_used_has_a_name(studio: Opened) -> None:
    nameless = studio.page.run(
        """[...document.querySelectorAll('button, input, select, textarea, [role=slider]')]
        .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() ||
                         (e.labels && e.labels.length)))
        .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    slider = "document.querySelector('[role=slider]')"
    assert studio.page.run(f"{slider}.getAttribute('aria-valuemax')") == "4"
    assert studio.page.run(f"{slider}.getAttribute('aria-valuetext')") == "bar 1 of 4, beat 1"


@pytest.mark.parametrize("width", [375, 1280])
def test_a_screen_reader_is_told_what_every_control_is(studio: Opened, width: int) -> None:
    page = studio.page
    page.resize(width, 812, mobile=width < 500)
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    heard = [node for node in nodes if not node.get("ignored")]
    controls = {"button", "textbox", "combobox", "slider", "link", "checkbox", "spinbutton"}
    nameless = [
        node["properties"]
        for node in heard
        if node["role"]["value"] in controls and not node["name"]["value"].strip()
    ]
    assert nameless == []
    names = [node["name"]["value"] for node in heard if node["role"]["value"] == "slider"]
    assert sorted(name.split(" take")[0] for name in names) == ["Notes of", "Volume"]
    outside = page.run(
        """[...document.querySelectorAll('ul, ol, h2, h3, form')]
        .filter((e) => !e.closest('header, nav, main, section, dialog')).map((e) => e.outerHTML)"""
    )
    assert outside == []


def test_on_a_phone_the_tracks_are_one_row_that_shows_the_selected_one(
    opened: Callable[..., Opened],
) -> None:
    many = "".join(f"  cave_{number}: {{scene: dungeon}}\n" for number in range(9))
    studio = opened(GAME + many, width=375)
    page = studio.page
    studio.wait_until("document.querySelectorAll('[data-take]').length")
    page.resize(375, 812, mobile=True)
    assert page.run("document.getElementById('tracks').getBoundingClientRect().height") < 80
    studio.press("p")
    last = "document.querySelector('[data-key=track-cave_8][aria-current]')"
    studio.wait_until(last)
    box = page.run(f"(b => [b.left, b.right])({last}.getBoundingClientRect())")
    assert 0 <= box[0] < box[1] <= 375


def test_takes_are_chosen_and_decided_by_keyboard_alone(studio: Opened) -> None:
    first = studio.selected
    other = "2" if first == "1" else "1"
    studio.press("j" if first == "1" else "k")
    studio.wait_until(f"document.querySelector('.take.selected').dataset.take === '{other}'")
    focused = "document.activeElement.dataset.key"
    studio.wait_until(f"{focused} === 'play-{other}'")
    studio.press("a")
    studio.wait_told(f"town: take {other} is accepted")
    studio.wait_until(f"document.querySelector('[data-take=\"{other}\"].accepted')")
    assert studio.locked("town").accepted
    assert studio.locked("town").name == other
    assert studio.page.run(focused) == f"play-{other}", "the focus stays where it was"
    assert "accepted" in studio.text("#tracks li")
    studio.press("u")
    studio.wait_told("undo: accepting")
    studio.wait_until("!document.querySelector('.take.accepted')")
    assert studio.locked("town") is None
    studio.press("U")
    studio.wait_until("document.querySelector('.take.accepted')")
    assert studio.locked("town").accepted
    studio.press("a")
    studio.wait_told("is no longer accepted")
    studio.press("x")
    studio.wait_told(f"take {other} is rejected")
    studio.wait_until(f"document.querySelector('[data-take=\"{other}\"].rejected')")
    assert [item.number + 1 for item in studio.locked("town").rejected] == [int(other)]
    studio.press("n")
    studio.wait_until("document.querySelector('#track-name').textContent === 'battle'")
    studio.wait_told("Track battle")
    assert studio.page.complaints() == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_focus_stays_on_what_was_pressed(opened: Callable[..., Opened], width: int) -> None:
    """A button that has nothing more to do would drop the focus if it were disabled."""
    studio = opened(width=width)
    page = studio.page
    page.resize(width, 812, mobile=width < 500)
    studio.wait_until("document.querySelector('#count').textContent === '2 takes'")
    studio.wait_until("document.querySelectorAll('.note').length > 8")

    def press(key: str, told: str) -> str:
        where = (
            f"(document.querySelector('[data-key=\"{key}\"]') || document.getElementById('{key}'))"
        )
        state = (
            f"['aria-label', 'aria-pressed', 'aria-disabled'].map((n) => {where}.getAttribute(n))"
        )
        before = page.run(f"told.length = 0; {where}.focus(); {state}.join()")
        studio.press("Enter")
        studio.wait_told(told)
        # While more takes are composed the others are away for a moment.
        studio.wait_until(f"{where} && {state}.join() !== {json.dumps(before)}")
        active = "document.activeElement"
        return str(page.run(f"{active}.dataset.key || {active}.id"))

    last = "2"
    if studio.selected == "1":
        studio.press("j")
        studio.wait_until("document.activeElement.dataset.key === 'play-2'")
    assert press(f"accept-{last}", "take 2 is accepted") == f"accept-{last}"
    assert press(f"accept-{last}", "no longer accepted") == f"accept-{last}"
    assert press(f"reject-{last}", "take 2 is rejected") == f"reject-{last}"
    assert page.run("told.filter((text) => text).length") == 1, "said once, and nothing else"
    rejected = f"document.querySelector('[data-key=\"reject-{last}\"]')"
    studio.wait_until(f"{rejected}.ariaDisabled === 'true'")
    assert page.run(f"{rejected}.getAttribute('aria-label')") == "Take 2 is rejected"
    decided = (studio.manifest.parent / "game.lock").read_bytes()
    studio.press("Enter")
    for told in ("undo: rejecting", "undo: unaccepting", "undo: accepting"):
        assert press("undo", told) == "undo"
        assert page.run("told.filter((text) => text).length") == 1
    studio.wait_until("document.querySelector('#undo').ariaDisabled === 'true'")
    assert page.run("document.activeElement.id") == "undo"
    page.run("told.length = 0")
    studio.press("Enter")
    for told in ("redo: accepting", "redo: unaccepting", "redo: rejecting"):
        assert press("redo", told) == "redo"
    studio.wait_until("document.querySelector('#redo').ariaDisabled === 'true'")
    assert (studio.manifest.parent / "game.lock").read_bytes() == decided
    states = {
        node["name"]["value"]: {p["name"]: p["value"].get("value") for p in node["properties"]}
        for node in page.call("Accessibility.getFullAXTree")["nodes"]
        if not node.get("ignored") and node["role"]["value"] == "button"
    }
    assert states["Redo"]["disabled"]
    assert states["Take 2 is rejected"]["disabled"]
    assert states["Accept take 1"]["pressed"] == "false"
    page.run(f"{TYPE}({json.dumps(GAME.replace('calm', 'dark'))})")
    assert press("save", "game.yaml edited") == "save"
    studio.wait_until("document.querySelector('#save').ariaDisabled === 'true'")
    assert page.run("document.activeElement.id") == "save"


def test_tab_reaches_the_takes_and_the_focus_is_seen(studio: Opened) -> None:
    seen = []
    for _ in range(40):
        studio.press("Tab")
        seen.append(
            studio.page.run(
                "[document.activeElement.id || document.activeElement.dataset.key || '',"
                " getComputedStyle(document.activeElement).outlineStyle]"
            )
        )
    names = [name for name, _ in seen]
    for wanted in ("accept-all", "track-town", "roll", "play-1", "accept-1", "reject-2", "what",
                   "reroll", "field-track-mood"):  # fmt: skip
        assert wanted in names, names
    assert {style for name, style in seen if name} == {"solid"}


def test_two_takes_change_over_on_the_bar_line_and_go_on_in_their_bar(studio: Opened) -> None:
    studio.press("b")
    studio.wait_told("is compared with take")
    studio.press(" ")
    studio.wait_until("Number(document.querySelector('#roll').dataset.sample) > 2000")
    before = studio.selected
    studio.press("c")
    studio.wait_until("started.length === 2")
    assert studio.selected != before
    path = f"tracks/town/takes/{before}"
    entry = studio.page.run(f"fetch('{path}').then((answer) => answer.json())")
    rate_hz, samples, bars = entry["sample_rate_hz"], entry["samples"], entry["bars"]
    (at, offset, *_), (later, into, is_loop, loop_seconds, length) = studio.page.run("started")
    passed = (later - at) * rate_hz * bars / samples
    assert passed == pytest.approx(round(passed), abs=1e-3), "on a bar line"
    assert offset == 0
    assert into * rate_hz == pytest.approx(round(passed) % bars * samples / bars, abs=1.5)
    assert (is_loop, length) == (True, samples)
    assert loop_seconds * rate_hz == pytest.approx(entry["loop"]["length_samples"], abs=1e-3)
    studio.wait_until(f"Number(document.querySelector('#roll').dataset.sample) > {samples / bars}")
    assert studio.page.run("document.querySelector('#playhead').style.left") != "0%"
    studio.press(" ")
    studio.wait_until("document.querySelector('#toggle').ariaPressed === 'false'")
    assert studio.page.complaints() == []


def test_the_playhead_moves_by_key_and_by_click(studio: Opened) -> None:
    studio.page.run("document.querySelector('#roll').focus()")
    for key in ("ArrowRight", "ArrowRight"):
        studio.press(key)
    value = "document.querySelector('#roll').getAttribute('aria-valuetext')"
    assert studio.page.run(value) == "bar 1 of 4, beat 3"
    studio.press("End")
    assert studio.page.run(value) == "bar 4 of 4, beat 1"
    studio.press("Home")
    studio.page.click("#roll", across=0.65)
    assert studio.page.run(value) == "bar 3 of 4, beat 3"


def test_a_key_is_changed_and_a_mistake_is_said_beside_it(studio: Opened) -> None:
    page = studio.page
    change = """((id, value) => { const input = document.getElementById(id); input.value = value;
      input.dispatchEvent(new Event('change')); })"""
    page.run(f"{change}('field-track-tempo', '131')")
    studio.wait_told("town: tempo = 131")
    assert "    tempo: 131\n    mood: calm\n" in studio.manifest.read_text()
    studio.wait_until("document.querySelector('#text').value.includes('tempo: 131')")
    studio.wait_until("document.querySelector('#field-track-tempo').defaultValue === '131'")
    page.run(f"{change}('field-track-tempo', '9000')")
    studio.wait_until("document.querySelector('#field-track-tempo').ariaInvalid === 'true'")
    assert "300" in studio.text("#field-track-tempo-said")
    assert "9000" not in studio.manifest.read_text()
    page.run(f"{change}('field-track-tempo', '')")
    studio.wait_until("!document.querySelector('#text').value.includes('tempo')")
    page.click('[data-key="chip-mood-dark"]')
    studio.wait_told("town: mood = calm, dark")
    studio.wait_until("document.querySelector('[data-key=\"chip-mood-dark\"]').ariaPressed=='true'")
    page.click('[data-key="chip-mood-calm"]')
    studio.wait_told("town: mood = dark")
    studio.press("u")
    studio.wait_told("undo: town: mood = dark")
    assert "mood: [calm, dark]" in studio.manifest.read_text()
    assert "# where one rests" in studio.manifest.read_text()


def test_escape_leaves_a_field_as_it_was_and_the_keys_work_again(studio: Opened) -> None:
    page = studio.page
    tempo = "document.querySelector('#field-track-tempo')"
    page.run(f"{tempo}.focus()")
    for key in "131":
        studio.press(key)
    studio.press("Enter")
    studio.wait_told("town: tempo = 131")
    studio.wait_until(f"{tempo}.defaultValue === '131'")
    page.run(f"{tempo}.focus()")
    for key in "u0":
        studio.press(key)
    studio.press("Enter")
    studio.wait_until(f"{tempo}.ariaInvalid === 'true'")
    studio.press("Escape")
    assert page.run(f"[{tempo}.value, {tempo}.ariaInvalid]") == ["131", None]
    assert page.run("document.activeElement.id") == "track-name"
    studio.press("u")
    studio.wait_told("undo: town: tempo = 131")
    assert "tempo" not in studio.manifest.read_text()
    studio.press("e")
    studio.press("z")
    studio.press("Escape")
    assert page.run("document.querySelector('#text').value.startsWith('z') || "
                    "document.querySelector('#text').value.endsWith('z')")  # fmt: skip
    assert page.run("document.activeElement.id") == "track-name"


def test_a_section_is_composed_anew_by_keyboard_alone(opened: Callable[..., Opened]) -> None:
    studio = opened(GAME.replace("mood: calm", "mood: calm\n    form: A B"), width=360)
    studio.wait_until("document.querySelector('#count').textContent === '2 takes'")
    first = studio.selected
    studio.press("r")
    studio.press("B")
    assert studio.page.run("document.querySelector('#what').value") == "B"
    while studio.page.run("document.activeElement.id") != "reroll":
        studio.press("Tab")
    studio.press("Enter")
    studio.wait_until(f"document.querySelector('[data-take=\"{first}.1\"]')")
    assert "section B composed anew" in studio.text(f'[data-take="{first}.1"]')


def test_the_focused_track_and_every_badge_are_in_view(opened: Callable[..., Opened]) -> None:
    caves = ("the_cave_of_the_long_name_1", "the_cave_of_the_long_name_2")
    studio = opened(GAME + "".join(f"  {name}: {{scene: dungeon}}\n" for name in caves))
    page = studio.page
    studio.wait_until("document.querySelectorAll('#tracks .badge').length === 4")
    cut = """[...document.querySelectorAll('#tracks .badge')].filter((e) =>
      e.getBoundingClientRect().right > document.querySelector('nav').getBoundingClientRect().right)
      .map((e) => e.textContent)"""
    assert page.run(cut) == []
    page.resize(360, 740, mobile=True)
    for name in ("battle", *caves):
        page.run("document.activeElement.blur()")
        while page.run("document.activeElement.dataset.key") != f"track-{name}":
            studio.press("Tab")
        left, right = page.run("(b => [b.left, b.right])"
                               "(document.activeElement.getBoundingClientRect())")  # fmt: skip
        assert -1 <= left < right <= 361, name


TYPE = """((value) => { const text = document.querySelector('#text'); text.value = value;
  text.dispatchEvent(new Event('input')); })"""


def test_the_text_has_its_mistakes_at_their_lines_and_is_written_when_it_has_none(
    studio: Opened,
) -> None:
    page = studio.page
    bad = GAME.replace("mood: calm", "mood: clam")
    page.run(f"{TYPE}({json.dumps(bad)})")
    studio.wait_until("document.querySelector('#lines .bad')")
    assert studio.text("#lines .bad") == "7"
    assert studio.text("#problem-count") == "1 mistake"
    assert "calm" in studio.text("#problems li")
    page.click("#problems .line")
    marked = "((at) => at.value.slice(at.selectionStart, at.selectionEnd))"
    assert page.run(f"{marked}(document.querySelector('#text'))") == "clam"
    page.call("Input.dispatchKeyEvent", {"type": "keyDown", "key": "s", "modifiers": 2})
    studio.wait_told("not written: 1 mistake")
    assert studio.manifest.read_text() == GAME
    good = GAME.replace("mood: calm", "mood: dark")
    page.run(f"{TYPE}({json.dumps(good)})")
    studio.wait_until("!document.querySelector('#lines .bad')")
    page.click("#save")
    studio.wait_told("game.yaml edited")
    assert studio.manifest.read_text() == good
    studio.wait_until("document.querySelector('#field-track-mood').defaultValue === 'dark'")


def test_what_is_typed_is_not_lost_to_a_change_elsewhere(studio: Opened) -> None:
    typed = GAME.replace("Tiny", "Great")
    studio.page.run(f"{TYPE}({json.dumps(typed)})")
    studio.manifest.write_text(GAME.replace("Tiny", "Small"))
    studio.wait_told("game.yaml was changed elsewhere; what you typed is not written")
    assert studio.page.run("document.querySelector('#text').value") == typed
    studio.page.click("#save")
    studio.wait_told("changed elsewhere since the page read it")
    assert "Small" in studio.manifest.read_text()


def test_a_broken_manifest_is_mended_on_the_page(opened: Callable[..., Opened]) -> None:
    studio = opened(GAME.replace("mood: calm", "mood: clam"))
    studio.wait_until("document.querySelector('#lines .bad')")
    assert not studio.page.run("document.querySelector('#broken').hidden")
    studio.page.run(f"{TYPE}({json.dumps(GAME)})")
    studio.page.click("#save")
    studio.wait_until("document.querySelectorAll('.note').length > 8")
    assert studio.page.run("document.querySelector('#broken').hidden")


def test_bars_are_composed_anew_and_the_new_version_is_listed(studio: Opened) -> None:
    studio.page.run("document.querySelector('#from-bar').value = '2'")
    first = studio.selected
    studio.page.click("#reroll")
    studio.wait_until(f"document.querySelector('[data-take=\"{first}.1\"]')")
    row = studio.text(f'[data-take="{first}.1"]')
    assert "bar 2 composed anew" in row
    studio.page.click(f'[data-key="accept-{first}.1"]')
    studio.wait_told(f"town: take {first}.1 is accepted")


def test_a_midi_file_is_accepted_as_the_take(studio: Opened) -> None:
    first = studio.selected
    studio.page.click("#import")
    studio.wait_told("Choose a MIDI file first")
    # As a person does: save the take, edit it (here by one byte of a note), choose the file.
    studio.page.run(
        """(async () => {
          const saved = document.querySelector("#save-midi");
          const bytes = new Uint8Array(await (await fetch(saved.href)).arrayBuffer());
          const name = [...new TextEncoder().encode("pulse1")];
          let at = bytes.findIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte));
          while ((bytes[at] & 0xf0) !== 0x90) at += 1;
          const old = bytes[at + 1];
          bytes[at + 1] = old + 1;
          for (at += 3; !((bytes[at] & 0xf0) === 0x80 && bytes[at + 1] === old); at += 1);
          bytes[at + 1] = old + 1;
          const chosen = new DataTransfer();
          chosen.items.add(new File([bytes], "edited.mid", { type: "audio/midi" }));
          document.querySelector("#midi-file").files = chosen.files;
        })()"""
    )
    studio.page.click("#import")
    studio.wait_told(f"town: take {first}.1 is accepted: take {first} edited in edited.mid")
    studio.wait_until(f"document.querySelector('[data-take=\"{first}.1\"]')")
    assert studio.locked("town").accepted


def test_what_the_command_line_decides_is_shown(studio: Opened) -> None:
    audition = auditions.open_audition(studio.manifest, "town")
    auditions.accept(audition, 2)
    studio.wait_until("document.querySelector('[data-take=\"2\"].accepted')")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_width_in_both_schemes(studio: Opened, width: int, scheme: str) -> None:
    page = studio.page
    page.resize(width, 812, mobile=width < 500)
    page.prefer(scheme)
    assert page.run("document.documentElement.scrollWidth") <= width
    outside = page.run(
        """[...document.querySelectorAll('button, input, select, textarea, h1, h2, p')]
        .filter((e) => e.offsetParent && !e.closest('.hidden, .skip, .scroll, #tracks, dialog'))
        .filter((e) => { const box = e.getBoundingClientRect();
          return box.width > 0 && (box.left < 0 || box.right > innerWidth + 0.5); })
        .map((e) => e.outerHTML)"""
    )
    assert outside == []
    background = page.run("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(18, 20, 25)") == (scheme == "dark")
    if width < 500:
        small = page.run(
            """[...document.querySelectorAll('.acts button, .tools button, nav button, .play')]
            .filter((e) => e.getBoundingClientRect().height < 40).map((e) => e.outerHTML)"""
        )
        assert small == []


def test_the_keys_are_listed_on_the_page(studio: Opened) -> None:
    studio.press("?")
    studio.wait_until("document.querySelector('#keys').open")
    listed = studio.text("#keys")
    for key in ("Esc", *"jknpabcxreuU?"):
        assert key in listed
    assert studio.page.run("document.activeElement.id") == "keys-title", "read from its start"
    studio.press("Escape")
    studio.wait_until("!document.querySelector('#keys').open")


def test_a_studio_that_is_gone_is_said(studio: Opened) -> None:
    studio.page.run("globalThis.fetch = () => Promise.reject(new TypeError('gone'))")
    studio.press("u")
    studio.wait_told("the studio does not answer; is it still running?")

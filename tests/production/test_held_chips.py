"""A frozen take is not played otherwise by another chip without a word from a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chipassets.arrange.on_chips import compare_chips
from chipassets.build import Built, build, check
from chipassets.chips.profiles import CHIPS
from chipassets.decisions.whole_tracks import accept_tracks, unaccept_tracks
from chipassets.errors import ManifestError
from chipassets.lock import Lock, change_lock, lock_path, read_lock
from chipassets.manifest import load_manifest
from chipassets.music.keys import Key
from chipassets.music.score import Note, Score
from chipassets.production.held_chips import held_warnings
from chipassets.production.stock import take_stock_of_notes
from chipassets.resolve.build_plan import resolve
from chipassets.stored.facts import decided_on

TUNE = [Note(0, 8, 72, "lead"), Note(0, 8, 64, "inner"), Note(0, 8, 43, "bass")]
SCORE = Score(tuple(TUNE), 1, 120_000, Key(0, "major"), further=(Note(0, 8, 67, "harmony"),))


def test_chips_differ_in_voices_and_ranges() -> None:
    assert compare_chips(SCORE, "snes", "nes").words == "1 of its notes have no voice"
    assert compare_chips(SCORE, "nes", "snes").words == ""
    assert compare_chips(SCORE, "nes", "gameboy").words == ""
    merged = SCORE.with_notes([Note(n.start_step, n.duration_steps, n.pitch) for n in TUNE])
    assert compare_chips(merged, "snes", "nes").words == ""


def test_a_voice_of_another_range_plays_another_octave(monkeypatch: pytest.MonkeyPatch) -> None:
    chip = CHIPS["gameboy"]
    lower = tuple(
        replace(spec, highest_pitch=71) if spec.role == "lead" else spec for spec in chip.voices
    )
    monkeypatch.setitem(CHIPS, "gameboy", replace(chip, voices=lower))
    assert compare_chips(SCORE, "nes", "gameboy").words == "1 of its notes sound in another octave"


def made(folder: Path, chip: str, lock: str = "open") -> Built:
    manifest = folder / "game.yaml"
    manifest.write_text(
        f"game: Chips\nmodel: polyphony\nformats: [midi]\nchip: {chip}\n"
        "defaults: {length: 4 bars, takes: 1}\n"
        f"tracks:\n  town:\n    lock: {lock}\n"
    )
    events = list(build(resolve(load_manifest(manifest)), manifest, folder / "out", 1))
    assert isinstance(events[-1], Built)
    return events[-1]


def chip_of(manifest: Path) -> str:
    return dict(read_lock(manifest).takes["town"].facts).get("chip", "")


@pytest.mark.parametrize("lock", ["open", "frozen"])
@pytest.mark.default_cases(1)
def test_a_held_take_on_another_chip_is_told_or_refused(
    tmp_path: Path, lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    differs = compare_chips(SCORE, "snes", "nes")
    monkeypatch.setattr("chipassets.arrange.on_chips.compare_chips", lambda *_: differs)
    manifest = tmp_path / "game.yaml"
    made(tmp_path, "snes", lock)
    if lock == "open":
        assert chip_of(manifest) == ""
        accept_tracks(manifest, [])
    assert chip_of(manifest) == "snes"
    before = lock_path(manifest).read_bytes()
    if lock == "open":
        (said,) = [line for line in made(tmp_path, "nes").warnings if "accepted on" in line]
        assert said.startswith("track 'town': it was accepted on snes, and on nes 1 of its notes")
    else:
        with pytest.raises(ManifestError) as refused:
            made(tmp_path, "nes", lock)
        (problem,) = refused.value.problems
        assert problem.where == f"{manifest}:8:11"
        assert "frozen as snes plays it" in problem.found
        with pytest.raises(ManifestError):
            check(resolve(load_manifest(manifest)), manifest, tmp_path / "out")
    assert lock_path(manifest).read_bytes() == before
    # Accepted as the new chip plays it, nothing is to be said; unaccepted, no chip belongs to it.
    accept_tracks(manifest, ["town"])
    assert chip_of(manifest) == "nes"
    assert not [line for line in made(tmp_path, "nes", lock).warnings if "accepted on" in line]
    unaccept_tracks(manifest, ["town"])
    assert chip_of(manifest) == ""


def without_chip(manifest: Path) -> None:
    """Take the chip from the lock's takes, as locks of older versions have none."""

    def older(lock: Lock) -> Lock:
        takes = {
            name: replace(take, facts=decided_on(take.facts, ""))
            for name, take in lock.takes.items()
        }
        return replace(lock, takes=takes)

    change_lock(manifest, older)
    assert chip_of(manifest) == ""


def test_a_lock_without_a_chip_has_that_of_its_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    differs = compare_chips(SCORE, "snes", "nes")
    monkeypatch.setattr("chipassets.arrange.on_chips.compare_chips", lambda *_: differs)
    manifest = tmp_path / "game.yaml"
    made(tmp_path, "snes")
    accept_tracks(manifest, [])
    without_chip(manifest)
    # The chip changed together with chipassets: the bundle says on which one it was accepted.
    for _ in range(2):
        (said,) = [line for line in made(tmp_path, "nes").warnings if "accepted on" in line]
        assert said.startswith("track 'town': it was accepted on snes, and on nes 1 of its notes")
        assert chip_of(manifest) == "snes"
    # Where nothing says so, it is the chip on which it plays from now on.
    accept_tracks(manifest, [])
    without_chip(manifest)
    made(tmp_path, "nes")
    assert chip_of(manifest) == "nes"


def test_a_plan_says_what_a_build_will_say_of_another_chip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    differs = compare_chips(SCORE, "snes", "nes")
    monkeypatch.setattr("chipassets.arrange.on_chips.compare_chips", lambda *_: differs)
    manifest = tmp_path / "game.yaml"
    made(tmp_path, "snes", "frozen")
    text = manifest.read_text().replace("chip: snes", "chip: nes")
    for lock, words in (("frozen", "is frozen as snes plays it"), ("open", "was accepted on snes")):
        if lock == "open":
            accept_tracks(manifest, [])
            text = text.replace("lock: frozen", "lock: open")
            made(tmp_path, "snes")
            accept_tracks(manifest, [])
        manifest.write_text(text)
        (said,) = held_warnings(take_stock_of_notes(resolve(load_manifest(manifest)), manifest))
        assert words in said

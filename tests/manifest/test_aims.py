"""`avoid` and `sounds_like`: read, planned, or refused."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from chipassets.compose.aims import with_aims
from chipassets.compose.planning import draw_idea
from chipassets.compose.targets import draw_targets
from chipassets.music.likeness import KINDS
from chipassets.plan.trackplan import Range, TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.resolve.plan_text import plan_to_text
from chipassets.seeds import derive_rng
from chipassets.stored.facts import notes_fields
from tests.manifest.conftest import Load, Refuse, write_midi

HEAD = "game: Test\ntracks:\n  battle: {"
SLOW = [(1920 * bar + 960 * half, 1920 * bar + 960 * half + 900, 60 + 3 * half + bar % 2)
        for bar in range(8) for half in range(2)]  # fmt: skip
FAST = [(120 * step, 120 * step + 100, 84 + (step * 5) % 12) for step in range(128)]


def planned(load: Load, said: str) -> TrackPlan:
    return resolve(load(f"{HEAD}{said}}}\n")).tracks[0]


def test_words_to_avoid_reach_the_plan(load: Load) -> None:
    track = planned(load, "avoid: [leaps, arpeggio, chromatic]")
    assert track.avoid == ("leaps", "arpeggio", "chromatic")
    assert track.chromatic_share == 0
    assert not track.sound.arpeggio
    assert planned(load, "avoid: fills").avoid == ("fills",)


def test_a_file_is_measured_and_aimed_at(load: Load, tmp_path: Path) -> None:
    write_midi(tmp_path / "slow.mid", SLOW)
    write_midi(tmp_path / "fast.mid", FAST)
    slow, fast = (planned(load, f"sounds_like: {name}.mid") for name in ("slow", "fast"))
    assert slow.character.density == Range(0.85 * 0.5, 1.15 * 0.5)
    assert fast.character.density == Range(0.85 * 4, 1.15 * 4)
    assert slow.character.lead_pitch.high < 66
    assert slow.wished("A").density == Range(0.85 * 0.5, 1.15 * 0.5)
    assert fast.character.lead_pitch == Range(81, 87)
    drawn = [
        with_aims(draw_targets(one, draw_idea(one), derive_rng(1)), one.sounds_like, 4)
        for one in (slow, fast)
    ]
    assert drawn[0].onsets == 2
    assert drawn[1].onsets == 16
    assert drawn[0].sixteenths == 0
    assert drawn[1].sixteenths == 1
    assert drawn[0].pace == 0
    text = plan_to_text(resolve(load(f"{HEAD}sounds_like: fast.mid}}\n")))
    assert "sounds like fast.mid, which measures" in text
    assert "density 4.0 notes a beat" in text


def test_only_what_is_named_is_aimed_at_and_what_the_track_says_goes_first(
    load: Load, tmp_path: Path
) -> None:
    write_midi(tmp_path / "fast.mid", FAST)
    track = planned(load, "sounds_like: {midi: fast.mid, aims: register}, seed: 5")
    plain = planned(load, "seed: 5")
    assert track.character.lead_pitch == Range(81, 87)
    assert track.character.density == plain.character.density
    assert track.key == plain.key
    said = planned(load, "sounds_like: fast.mid, density: 1-2, register: 60-66, key: C minor")
    assert said.wished("A").density == Range(1, 2)
    pitches = planned(load, "sounds_like: {midi: fast.mid, aims: register}")
    assert pitches.wished("A").density is None
    assert said.character.density == Range(1, 2)
    assert said.character.lead_pitch == Range(60, 66)
    assert str(said.key) == "C minor"


def test_a_file_by_another_name_gives_the_same_notes(load: Load, tmp_path: Path) -> None:
    write_midi(tmp_path / "one.mid", FAST)
    write_midi(tmp_path / "two.mid", FAST)
    fields = [notes_fields(planned(load, f"sounds_like: {name}.mid")) for name in ("one", "two")]
    assert fields[0] == fields[1]


def test_the_tune_of_a_file_is_the_track_that_is_called_so(load: Load, tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    for name, pitch in (("strings", 90), ("lead", 70), ("bass", 40)):
        part = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for step in range(16):
            part.append(mido.Message("note_on", note=pitch + step % 3, time=0))
            part.append(mido.Message("note_off", note=pitch + step % 3, time=240))
        file.tracks.append(part)
    file.save(tmp_path / "band.mid")
    track = planned(load, "sounds_like: band.mid")
    assert track.sounds_like is not None
    assert track.sounds_like.measures.register == 71
    assert track.sounds_like.aims == tuple(KINDS)


REFUSED: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "an unknown word": ("avoid: [leaps, sync]", 16, ("'sync'", "syncopation")),
    "what drums says": ("avoid: [leaps, drums]", 16, ("key of its own", "drums: none")),
    "what key says": ("avoid: minor", 8, ("key of its own", "key: C major")),
    "a word twice": ("avoid: [leaps, leaps]", 16, ("twice",)),
    "a texture that is avoided": (
        "avoid: arpeggio, texture: running", 27, ("avoid: arpeggio", "change texture:"),
    ),
    "a bass that is avoided": ("avoid: walking, bass: walking", 23, ("avoid: walking",)),
    "a section's texture": (
        "form: A B, avoid: echo, sections: {B: {texture: echo}}", 49, ("avoid: echo",),
    ),
    "a chromatic share": ("avoid: chromatic, chromatic: 0.2", 30, ("avoid: chromatic",)),
    "fills that are written": (
        "avoid: fills, drums: {kick: x..., fills: on}", 22, ("avoid: fills", "change drums:"),
    ),
    "arpeggios of the chip": ("avoid: arpeggio, arpeggio: true", 28, ("avoid: arpeggio",)),
    "avoiding in a section": ("sections: {B: {avoid: leaps}}", 16, ("whole track",)),
    "no such file": ("sounds_like: slwo.mid", 14, ("no such file", "slow.mid")),
    "no MIDI": ("sounds_like: notes.txt", 14, ("not MIDI",)),
    "an unknown aim": (
        "sounds_like: {midi: slow.mid, aims: [rythm]}", 38, ("'rhythm'",),
    ),
    "an unknown key of it": ("sounds_like: {file: slow.mid}", 15, ("no such key", "midi")),
    "aims alone": ("sounds_like: {aims: density}", 14, ("a MIDI file",)),
    "a file of two notes": ("sounds_like: two.mid", 14, ("fewer than three notes",)),
    "a list of files": ("sounds_like: [slow.mid]", 14, ("a reference is a MIDI file",)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_impossible_reference_is_refused_with_its_reason(
    refuse: Refuse, tmp_path: Path, name: str
) -> None:
    write_midi(tmp_path / "slow.mid", SLOW)
    write_midi(tmp_path / "two.mid", SLOW[:2])
    (tmp_path / "notes.txt").write_text("C5 D5")
    options, column, parts = REFUSED[name]
    (problem,) = refuse(f"{HEAD}{options}}}\n")
    for part in parts:
        assert part in str(problem), str(problem)
    assert problem.where == f"game.yaml:3:{len('  battle: {') + column}", str(problem)

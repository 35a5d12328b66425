"""Repair: parts composed anew, files brought back, and the way back from both."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import mido
import pytest

from chipassets.arrange.drum_voice import PRIORITY
from chipassets.build import build
from chipassets.compose.explain import BarExplained, bar_notes
from chipassets.decisions.midi_voices import Stroke, read_voices
from chipassets.decisions.rerolling import read_words
from chipassets.decisions.stored_bar import relation
from chipassets.decisions.whole_tracks import accept_tracks
from chipassets.errors import UsageError
from chipassets.lock import (
    LockedTake,
    Version,
    change_lock,
    merge_takes,
    read_lock,
    take_from_text,
    take_to_text,
)
from chipassets.manifest import load_manifest
from chipassets.midi.writer import Event, midi_file, note_off, note_on, time_signature, track_name
from chipassets.music.keys import Key
from chipassets.music.score import Note, Score, Section
from chipassets.resolve.build_plan import resolve
from tests.cli.conftest import Run, chipassets
from tests.conftest import share_takes
from tests.lock.material import DECIDED, OTHER, PLAIN

__all__ = ["chipassets"]

GAME = """\
game: Tiny Quest
seed: 3
formats: [midi]
defaults: {takes: 2, length: 8 bars}
tracks:
  fight: {scene: battle, key: D minor, form: "A:4 B:4"}
"""
KEPT = Version(3, 1, "take 4 with bass composed anew", OTHER, "key", accepted=True, before="ab")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small game that is built once, with take 1 of its track accepted."""
    folder = tmp_path_factory.mktemp("repair")
    manifest = folder / "game.yaml"
    manifest.write_text(GAME)
    with pytest.MonkeyPatch.context() as patch:
        share_takes(tmp_path_factory, patch)
        list(build(resolve(load_manifest(manifest)), manifest, folder / "build", 1))
    accept_tracks(manifest, [])
    return folder


@pytest.fixture
def game(made: Path, tmp_path: Path, chipassets: Run) -> Path:
    for name in ("game.yaml", "game.lock"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    return tmp_path


def taken(folder: Path) -> LockedTake:
    return read_lock(folder / "game.yaml").takes["fight"]


def edited(data: bytes, voice: str, edit: Callable[[list[Any]], None]) -> bytes:
    """The file with the messages of one of its tracks changed."""
    file = mido.MidiFile(file=io.BytesIO(data))
    track = next(track for track in file.tracks if track.name == voice)
    edit(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def moved(number: int, semitones: int) -> Callable[[list[Any]], None]:
    """An edit that moves one note of a track."""

    def edit(track: list[Any]) -> None:
        on = [message for message in track if message.type == "note_on"][number]
        # By identity: a repeated note is equal to the one before it.
        pitch, place = on.note, next(i for i, message in enumerate(track) if message is on)
        off = next(m for m in track[place:] if m.type == "note_off" and m.note == pitch)
        on.note = off.note = pitch + semitones

    return edit


def export(folder: Path, chipassets: Run) -> bytes:
    name = taken(folder).name
    result = chipassets("takes", "game.yaml", "fight", "--export", name, "-o", "fight.mid")
    assert result.returncode == 0, result.stderr
    return (folder / "fight.mid").read_bytes()


def test_an_edited_file_changes_what_was_edited_and_nothing_else(
    game: Path, chipassets: Run
) -> None:
    before = taken(game)
    data = export(game, chipassets)
    same = chipassets("takes", "game.yaml", "fight", "--import", "fight.mid")
    assert same.returncode == 1
    assert "nothing to import" in same.stderr + same.stdout
    assert taken(game) == before
    (game / "mine.mid").write_bytes(edited(data, "triangle", moved(3, 2)))
    result = chipassets("takes", "game.yaml", "fight", "--import", "mine.mid")
    assert result.returncode == 0, result.stderr
    after = taken(game)
    assert after.accepted
    assert after.name == f"{before.number + 1}.1"
    assert "edited in mine.mid: bass in bar" in after.origin
    (old,) = set(before.score.notes) - set(after.score.notes)
    (new,) = set(after.score.notes) - set(before.score.notes)
    assert (new.start_step, new.duration_steps, new.pitch) == (
        old.start_step, old.duration_steps, old.pitch + 2,
    )  # fmt: skip
    assert after.score.drums == before.score.drums
    assert after.score.further == before.score.further
    assert chipassets("build", "game.yaml").returncode == 0
    index = json.loads((game / "build/tiny-quest/bundle.json").read_text())
    take = index["tracks"][0]["take"]
    assert (take["version"], take["origin"]) == (1, after.origin)
    assert chipassets("build", "game.yaml", "--check").returncode == 0
    assert chipassets("takes", "game.yaml", "fight", "--undo").returncode == 0
    back = taken(game)
    assert (back.score, back.accepted, back.name) == (before.score, True, before.name)
    assert back.why == before.why
    assert chipassets("takes", "game.yaml", "fight", "--accept", after.name).returncode == 0
    assert taken(game).score == after.score


_DRUM_KEYS = {"kick": 36, "snare": 38, "closed_hat": 42, "open_hat": 46, "tom": 45, "crash": 49}


def with_strokes(data: bytes, strokes: Iterable[tuple[int, int]]) -> bytes:
    """The file with more strokes, (step, key), in a track of its own for drums."""
    file = mido.MidiFile(file=io.BytesIO(data))
    track, now, per_step = mido.MidiTrack(), 0, file.ticks_per_beat // 4
    track.append(mido.MetaMessage("track_name", name="more drums"))
    for at, on, key in sorted(
        (step * per_step + late, 1 - late, key) for step, key in strokes for late in (0, 1)
    ):
        kind = "note_on" if on else "note_off"
        track.append(mido.Message(kind, channel=9, note=key, velocity=70 * on, time=at - now))
        now = at
    file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def covered_in(score: Score) -> list[tuple[int, str]]:
    """The strokes of a score at whose step a drum of higher priority is struck."""
    at: dict[int, list[str]] = {}
    for stroke in score.drums or ():
        at.setdefault(stroke.step, []).append(stroke.kind)
    return [
        (step, kind) for step, kinds in at.items() for kind in sorted(kinds, key=PRIORITY.index)[1:]
    ]


def test_strokes_that_the_chip_never_plays_are_no_edit(game: Path, chipassets: Run) -> None:
    before = taken(game)
    unheard = covered_in(before.score)
    assert unheard
    keys = [(step, _DRUM_KEYS[kind]) for step, kind in unheard]
    (game / "full.mid").write_bytes(with_strokes(export(game, chipassets), keys))
    same = chipassets("takes", "game.yaml", "fight", "--import", "full.mid")
    said = " ".join((same.stderr + same.stdout).split())
    assert same.returncode == 1, said
    assert "nothing to import" in said
    assert "the nes plays one drum at a time, so " in said
    for kind in {kind for _, kind in unheard}:
        count = sum(one == kind for _, one in unheard)
        assert f"{count} of the " in said
    assert taken(game) == before


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("edit", ["removed", "softer", "another"])
def test_an_edit_of_one_stroke_leaves_the_others_heard_or_not(
    game: Path, chipassets: Run, edit: str, full: bool
) -> None:
    before = taken(game)
    unheard = covered_in(before.score)
    crashes = {stroke.step for stroke in before.score.drums or () if stroke.kind == "crash"}
    step = next(step for step, _ in reversed(unheard) if step not in crashes)
    file = mido.MidiFile(file=io.BytesIO(export(game, chipassets)))
    drums = next(track for track in file.tracks if track.name == "noise")
    now = 0
    for event in list(drums):
        now += event.time
        if event.type == "note_on" and event.velocity and now == step * file.ticks_per_beat // 4:
            if edit == "softer":
                event.velocity //= 2
            elif edit == "another":
                event.note = 49
            else:
                event.velocity = 0
    out = io.BytesIO()
    file.save(file=out)
    more = [(at, _DRUM_KEYS[kind]) for at, kind in unheard if at != step] if full else []
    (game / "mine.mid").write_bytes(with_strokes(out.getvalue(), more))
    result = chipassets("takes", "game.yaml", "fight", "--import", "mine.mid")
    assert result.returncode == 0, result.stderr
    after = taken(game)
    assert f"drums in bar {step // 16 + 1}" in after.origin
    assert after.score.notes == before.score.notes
    old, new = set(before.score.drums or ()), set(after.score.drums or ())
    assert {stroke.step for stroke in old ^ new} == {step}
    here = {stroke.kind for stroke in new if stroke.step == step}
    was = {stroke.kind for stroke in old if stroke.step == step}
    heard = min(was, key=PRIORITY.index)
    expected = {"removed": set(), "softer": was, "another": was - {heard} | {"crash"}}
    assert here == expected[edit]


@pytest.mark.parametrize("tempo", [75, 260])
@pytest.mark.default_cases(1)
def test_an_export_at_another_tempo_is_not_taken_for_an_edit(
    game: Path, chipassets: Run, tempo: int
) -> None:
    """How loud a drum is depends on the frames for which it sounds, and so on the tempo."""
    name = taken(game).name
    assert chipassets("takes", "game.yaml", "fight", "--accept", name).returncode == 0
    assert chipassets("set", "game.yaml", "fight", f"tempo={tempo}").returncode == 0
    export(game, chipassets)
    same = chipassets("takes", "game.yaml", "fight", "--import", "fight.mid")
    assert same.returncode == 1, same.stdout
    assert "nothing to import" in same.stderr + same.stdout


def test_an_edit_of_a_voice_that_doubles_another_is_not_lost_without_a_word(
    game: Path, chipassets: Run
) -> None:
    manifest = game / "game.yaml"
    manifest.write_text(GAME.replace("formats", "chip: nes-vrc6\nformats"))
    data = export(game, chipassets)
    (game / "mine.mid").write_bytes(edited(data, "vrc6_saw", moved(3, 2)))
    result = chipassets("takes", "game.yaml", "fight", "--import", "mine.mid")
    assert result.returncode == 1
    assert "nothing to import" in result.stderr
    assert "double other voices: " in result.stderr
    assert "vrc6_saw" in result.stderr
    # Nothing is said of voices that were not edited.
    (game / "same.mid").write_bytes(data)
    same = chipassets("takes", "game.yaml", "fight", "--import", "same.mid")
    assert "nothing to import" in same.stderr
    assert "double" not in same.stderr


def test_what_the_chip_cannot_play_is_refused_by_bar_and_beat(game: Path, chipassets: Run) -> None:
    before = (game / "game.lock").read_bytes()
    data = export(game, chipassets)

    def second(track: list[Any]) -> None:
        on = next(message for message in track if message.type == "note_on")
        place = track.index(on)
        for kind, velocity in (("note_off", 0), ("note_on", 90)):
            track.insert(place + 1, mido.Message(kind, note=60, velocity=velocity, time=0))
        track.insert(place + 3, mido.Message("note_off", note=60, velocity=0, time=0))

    (game / "high.mid").write_bytes(edited(data, "pulse1", moved(0, 40)))
    (game / "two.mid").write_bytes(edited(data, "triangle", second))
    high = chipassets("takes", "game.yaml", "fight", "--import", "high.mid")
    two = chipassets("takes", "game.yaml", "fight", "--import", "two.mid")
    assert (high.returncode, two.returncode) == (1, 1)
    assert "bar 1, beat 1: lead: " in high.stderr
    assert "lies outside pulse1, which plays A1 to B6" in high.stderr
    assert "sound together; triangle plays one note at a time" in two.stderr
    assert (game / "game.lock").read_bytes() == before


def track_of(name: str, *strokes: tuple[int, int], channel: int = 0) -> tuple[list[Event], int]:
    """A track of a file: notes of a quarter (start in quarters, pitch)."""
    events: list[Event] = [(0, track_name(name))]
    for quarter, pitch in strokes:
        events += [(480 * quarter, note_on(channel, pitch, 99)),
                   (480 * quarter + 480, note_off(channel, pitch))]  # fmt: skip
    return events, 4 * 480


FILES: dict[str, tuple[bytes, str]] = {
    "cut off": (midi_file([track_of("lead", (0, 72), (1, 74))], 480)[:-8], "1 of its 1 tracks"),
    "without a note": (midi_file([track_of("lead"), track_of("drums")], 480), "plays no note"),
    "in another metre": (
        midi_file([([(0, time_signature(7, 8)), *track_of("lead", (0, 72))[0]], 1920)], 480),
        "bar 1 is in 7/8, and the take's bars have 4 quarters",
    ),
    "unnamed": (midi_file([track_of("x\x1b", (0, 72), channel=5)], 480), "which part"),
}


@pytest.mark.parametrize("kind", FILES)
def test_an_unusable_midi_file_is_refused(game: Path, chipassets: Run, kind: str) -> None:
    data, why = FILES[kind]
    before = (game / "game.lock").read_bytes()
    (game / "mine.mid").write_bytes(data)
    result = chipassets("takes", "game.yaml", "fight", "--import", "mine.mid")
    assert result.returncode in (1, 2)
    assert why in result.stderr
    assert "\x1b" not in result.stderr
    assert (game / "game.lock").read_bytes() == before


def test_a_track_plays_drums_where_its_name_says_so() -> None:
    data = midi_file([track_of("Lead", (0, 72)), track_of("Bass drum", (0, 36), (2, 38))], 480)
    found = read_voices(data, "nes", PLAIN.score)
    assert {part: [note.pitch for note in notes] for part, notes in found.parts.items()} == {
        "lead": [72]
    }
    assert found.strokes == (Stroke(0, "kick", 99), Stroke(8, "snare", 99))


def test_what_was_edited_is_told_in_the_order_of_the_voices(game: Path, chipassets: Run) -> None:
    tracks = [track_of("drums", (0, 36)), track_of("bass", (0, 40)), track_of("lead", (0, 72))]
    (game / "mine.mid").write_bytes(midi_file(tracks, 480))
    assert chipassets("takes", "game.yaml", "fight", "--import", "mine.mid").returncode == 0
    places = [
        taken(game).origin.index(part) for part in ("lead in", "inner in", "bass in", "drums")
    ]
    assert places == sorted(places)


def test_a_reroll_waits_until_somebody_accepts_it(game: Path, chipassets: Run) -> None:
    before = taken(game)
    result = chipassets("takes", "game.yaml", "fight", "--reroll", "bass,bars:3-4")
    assert result.returncode == 0, result.stderr
    name = f"{before.number + 1}.1"
    assert f"--accept {name}" in result.stdout
    waiting = taken(game)
    assert (waiting.score, waiting.name) == (before.score, before.name)
    (version,) = waiting.versions
    assert version.origin == f"take {before.name} with bass in bars 3 to 4 composed anew"
    changed = set(version.score.notes) ^ set(before.score.notes)
    steps = before.score.steps_per_bar
    assert changed
    assert {(note.part, note.start_step // steps in (2, 3)) for note in changed} == {("bass", True)}
    listed = json.loads(chipassets("takes", "game.yaml", "fight", "--json").stdout)
    assert [item["take"] for item in listed["versions"]] == [name]
    assert chipassets("takes", "game.yaml", "fight", "--accept", name).returncode == 0
    assert taken(game).score == version.score
    assert chipassets("takes", "game.yaml", "fight", "--reject", name).returncode == 0
    assert (taken(game).score, taken(game).accepted) == (before.score, True)


@pytest.mark.parametrize("asked", ["bass,bars:3-4", "bars:3-4", "B", "drums"])
@pytest.mark.default_cases(1)
def test_a_rerolled_bar_is_explained(game: Path, chipassets: Run, asked: str) -> None:
    base = taken(game)

    def explained(bar: int, *more: str) -> dict[str, Any]:
        words = ("takes", "game.yaml", "fight", "--explain", str(bar), "--json", *more)
        said = chipassets(*words)
        assert said.returncode == 0, said.stderr
        found: dict[str, Any] = json.loads(said.stdout)
        return found

    before = {bar: explained(bar, "--take", base.name) for bar in (2, 3, 7)}
    assert chipassets("takes", "game.yaml", "fight", "--reroll", asked).returncode == 0
    (version,) = taken(game).versions
    # It stays explained after further rerolls, and once it is accepted.
    assert chipassets("takes", "game.yaml", "fight", "--reroll", "tune").returncode == 0
    assert chipassets("takes", "game.yaml", "fight", "--accept", version.name).returncode == 0
    for bar in (2, 3, 7):
        found = explained(bar)
        assert (found["version"], found["origin"]) == (version.name, version.origin)
        assert found["notes"] == bar_notes(version.score, bar - 1)
        is_new = {"B": bar == 7, "drums": False}.get(asked, bar == 3)
        if not is_new:
            for key in ("notes", "cell", "tune", "costs", "roles"):
                assert found[key] == before[bar][key]
        elif asked == "bass,bars:3-4":
            assert found["tune"] == before[bar]["tune"]
            assert found["costs"] == before[bar]["costs"]
        else:
            assert found["tune"]
            assert (found["tune"], found["notes"]) != (before[bar]["tune"], before[bar]["notes"])


def test_a_bar_that_a_person_wrote_is_not_explained(game: Path, chipassets: Run) -> None:
    name = taken(game).name
    words = ("takes", "game.yaml", "fight")
    assert chipassets(*words, "--export", name, "-o", "fight.mid").returncode == 0
    edited = mido.MidiFile(game / "fight.mid")
    place = edited.ticks_per_beat * 4
    lead = next(track for track in edited.tracks if track.name == "pulse1")
    now, moves = 0, 0
    for event in lead:
        now += event.time
        if event.type == "note_on" and event.velocity:
            moves = int(place <= now < 2 * place)
        if event.type in ("note_on", "note_off"):
            event.note += moves
    edited.save(game / "fight.mid")
    assert chipassets(*words, "--import", "fight.mid").returncode == 0
    version = taken(game).name
    refused = chipassets(*words, "--explain", "2")
    said = " ".join(refused.stderr.split())
    assert refused.returncode == 2
    assert f"bar 2 of take {version} was written by hand: it is take {name} edited in" in said
    assert f"--take {name} explains the bar as it was composed" in said
    assert chipassets(*words, "--explain", "3").stdout.startswith(f"fight, take {version}, bar 3")


def test_a_take_of_another_composer_is_explained_by_what_is_stored(
    game: Path, chipassets: Run
) -> None:
    before = taken(game)
    steps = before.score.steps_per_bar
    # Bar 3 plays bar 1 two semitones higher, as no present take does.
    opening = [note for note in before.score.part("lead") if note.start_step < steps]
    others = [
        note
        for note in before.score.notes
        if note.part != "lead" or note.start_step // steps not in (0, 2)
    ]
    cut = [replace(n, duration_steps=min(n.duration_steps, steps - n.start_step)) for n in opening]
    moved = [replace(n, start_step=n.start_step + 2 * steps, pitch=n.pitch + 2) for n in cut]
    facts = tuple(
        (name, {"composer": "1.1.1", "density": "0.5-0.7"}.get(name, text))
        for name, text in before.facts
    )
    old = replace(
        before,
        score=before.score.with_notes([*others, *cut, *moved]),
        facts=facts,
        notes_key="of another version",
    )
    change_lock(game / "game.yaml", lambda lock: lock.with_take("fight", old))

    words = ("takes", "game.yaml", "fight", "--explain", "3")
    found = json.loads(chipassets(*words, "--json").stdout)
    assert found["relations"]["lead"] == "plays bar 1 2 semitones higher"
    assert found["notes"] == bar_notes(old.score, 2)
    assert found["chords"] == old.score.chords[2]
    assert found["plan"]["density"] == "0.5-0.7"
    assert found["plan"]["key"] == "D minor"
    assert set(found["unknown"]) <= {item.name for item in fields(BarExplained)}
    said = " ".join(chipassets(*words).stdout.split())
    assert "fight, take" in said
    assert "this chipassets composes differently (version 1.1.1 → " in said
    assert "its density changed 0.5-0.7 → " in said
    assert "cannot be known any more" in said
    assert "plays bar 1 2 semitones higher" in said
    # What is made of it has the same answer; the take of its number is another piece.
    assert chipassets("takes", "game.yaml", "fight", "--reroll", "bass").returncode == 0
    version = taken(game).versions[-1].name
    named = json.loads(chipassets(*words, "--take", version, "--json").stdout)
    assert named["relations"]["lead"] == found["relations"]["lead"]
    assert (named["version"], named["origin"]) == (version, taken(game).versions[-1].origin)
    assert "cell" in json.loads(chipassets(*words, "--take", "1", "--json").stdout)


def test_bars_are_told_by_the_earlier_bar_that_they_follow() -> None:
    rows = [
        (60, 62, 64), (60, 62, 64), (57, 59, 61), (60, 65, 69), (64, 62, 60), (),
    ]  # fmt: skip
    notes = [
        Note(16 * bar + 4 * place, 4, pitch, "lead")
        for bar, row in enumerate(rows)
        for place, pitch in enumerate(row)
    ]
    score = Score((*notes, Note(96, 20, 60, "lead"), Note(117, 2, 60, "lead")), 8, 120_000,
                  Key(0, "major"))  # fmt: skip
    assert [relation(score, "lead", bar) for bar in range(8)] == [
        "is the first bar",
        "plays bar 1 again",
        "plays bar 1 3 semitones lower",
        "has the rhythm and the contour of bar 1",
        "has the rhythm of bar 1",
        "rests",
        "is like no earlier bar",
        "is like no earlier bar",
    ]
    held = Score((Note(0, 20, 60, "lead"),), 2, 120_000, Key(0, "major"))
    assert relation(held, "lead", 1) == "holds its last note"


def test_a_reroll_names_sections_bars_and_parts() -> None:
    score = Score(
        (Note(0, 4, 60, "lead"),), 6, 120_000, Key(0, "major"),
        sections=(Section("A", 0, 2), Section("B", 2, 2), Section("A", 4, 2)),
    )  # fmt: skip
    whole = read_words("A", score)
    assert sorted(whole.reroll.bars) == [0, 1, 4, 5]
    assert whole.reroll.chords
    both = read_words("drums, bass, bars:2-3", score)
    assert (both.words, sorted(both.reroll.bars)) == ("drums and bass in bars 2 to 3", [1, 2])
    assert both.reroll.parts == {"drums", "bass"}
    assert not both.reroll.chords
    again = read_words("bass,bars:2-2,bass", score)
    assert again.words == "bass in bar 2"
    assert again.reroll.parts == {"bass"}
    digits = "9" * 5000
    refused = (
        ("bars:6-7", "bars 1 to 6"), ("bars:0", "bars 1 to 6"), ("bars:99999", "bars 1 to 6"),
        (f"bars:{digits}", "not a section"), ("bars:\u0663", "not a section"), ("bas", "bass"),
        ("2-3", "; write bars:2-3"), ("lead", "mean 'tune'"), ("melody", "mean 'tune'"),
        ("", "names nothing"), (" , ", "names nothing"),
    )  # fmt: skip
    for wrong, why in refused:
        with pytest.raises(UsageError, match=why):
            read_words(wrong, score)


def test_the_notes_of_a_bar_are_spelled_as_its_chords_are() -> None:
    score = Score((Note(0, 2, 61, "lead"), Note(2, 2, 71, "lead")), 1, 120_000, Key(1, "major"))
    assert bar_notes(score, 0)["lead"] == "0:Db4+2 2:Cb5+2"


def test_versions_are_read_as_they_were_written() -> None:
    take = LockedTake(**{f: getattr(DECIDED, f) for f in DECIDED.__dataclass_fields__})
    take = take.with_version(KEPT)
    assert take_from_text(take_to_text(take)) == take


def test_merging_keeps_the_versions_of_both_sides() -> None:
    third = Score((Note(0, 16, 62),), 1, 120_000, Key(0, "major"))
    ours = PLAIN.with_version(KEPT)
    theirs = PLAIN.with_version(Version(3, 1, "take 4 with tune composed anew", third, "key"))
    merged = merge_takes(PLAIN, ours, theirs)
    assert merged is not None
    assert [(v.name, v.origin) for v in merged.versions] == [
        ("4.1", "take 4 with bass composed anew"),
        ("4.2", "take 4 with tune composed anew"),
    ]


@pytest.mark.parametrize("notes", [1, 12])
def test_a_file_is_compared_with_the_take_that_it_was_exported_from(
    game: Path, chipassets: Run, notes: int
) -> None:
    accepted = taken(game)
    other = 2 if accepted.name == "1" else 1
    written = chipassets("takes", "game.yaml", "fight", "--export", str(other), "-o", "other.mid")
    assert written.returncode == 0, written.stderr
    data = (game / "other.mid").read_bytes()
    for number in range(notes):
        data = edited(data, "pulse1", moved(number, 1))
    (game / "other.mid").write_bytes(data)
    result = chipassets("takes", "game.yaml", "fight", "--import", "other.mid")
    assert result.returncode == 0, result.stderr
    assert f"take {other} edited in other.mid: lead in bar" in taken(game).origin
    assert chipassets("takes", "game.yaml", "fight", "--accept", str(other)).returncode == 0
    after = taken(game)
    origin = f"take {other} edited in other.mid"
    version = next(one for one in after.versions if one.origin.startswith(origin))
    assert len({*after.score.notes} ^ {*version.score.notes}) == 2 * notes

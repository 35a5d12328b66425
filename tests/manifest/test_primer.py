"""Primers: four forms, each exact; files that are no primer are refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.manifest.primer_field import primer_from_notes, read_primer
from chipassets.manifest.reads import Context
from chipassets.manifest.refusal import Refusal
from chipassets.music.keys import pitch_name
from chipassets.music.score import Note
from chipassets.plan.trackplan import Primer
from tests.manifest.conftest import write_midi


def read(value: object, folder: Path = Path()) -> Primer:
    return read_primer(value, Context(folder, ()))


def as_tuples(primer: Primer) -> list[tuple[int, int, int]]:
    return [(note.start_step, note.duration_steps, note.pitch) for note in primer.notes]


def test_note_names_are_one_token_a_16th() -> None:
    primer = read("C5 . E5 . G5 - - .")
    assert as_tuples(primer) == [(0, 1, 72), (2, 1, 76), (4, 3, 79)]
    assert primer.steps == 8


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(1, 6), st.integers(0, 3)), min_size=1))
def test_note_names_say_any_melody(melody: list[tuple[int, int, int]]) -> None:
    tokens: list[str] = []
    notes: list[Note] = []
    for pitch, duration, rest in melody:
        notes.append(Note(len(tokens), duration, pitch))
        tokens += [pitch_name(pitch), *["-"] * (duration - 1), *["."] * rest]
    assert primer_from_notes("  ".join(tokens)) == Primer(tuple(notes), len(tokens))


def test_melody_events_are_magentas() -> None:
    primer = read({"melody": [-1, 60, -2, -2, -1, -2, 62, 64, -2]})
    assert as_tuples(primer) == [(1, 3, 60), (6, 1, 62), (7, 2, 64)]
    assert primer.steps == 9


@pytest.mark.slow
@given(st.lists(st.integers(-2, 127), min_size=1, max_size=40))
def test_melody_events_sound_as_in_magenta(events: list[int]) -> None:
    note_seq = pytest.importorskip("note_seq")
    sequence = note_seq.Melody(events).to_sequence(qpm=60.0)
    theirs = [
        (round(note.start_time * 4), round((note.end_time - note.start_time) * 4), note.pitch)
        for note in sequence.notes
    ]
    if theirs:
        assert as_tuples(read({"melody": events})) == theirs
    else:
        with pytest.raises(Refusal, match="at least one note"):
            read({"melody": events})


def test_a_chord_lasts_a_quarter() -> None:
    primer = read({"pitches": [60, 67, 64]})
    assert as_tuples(primer) == [(0, 4, 67), (0, 4, 64), (0, 4, 60)]
    assert primer.steps == 4


def test_a_midi_file_is_put_on_the_grid(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid", [(5, 115, 60), (130, 470, 64), (480, 490, 67), (480, 600, 48)])
    primer = read({"midi": "a.mid"}, tmp_path)
    assert as_tuples(primer) == [(0, 1, 60), (1, 3, 64), (4, 1, 67), (4, 1, 48)]
    assert primer.steps == 5


@given(
    st.sampled_from([24, 96, 120, 480, 960]),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8), st.integers(0, 127)), min_size=1,
             max_size=12, unique_by=lambda note: note[2]),
)  # fmt: skip
def test_notes_on_the_grid_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    ticks_per_beat: int,
    notes: list[tuple[int, int, int]],
) -> None:
    folder = tmp_path_factory.mktemp("midi")
    step = ticks_per_beat // 4
    ticks = [(start * step, (start + length) * step, pitch) for start, length, pitch in notes]
    write_midi(folder / "a.mid", ticks, ticks_per_beat=ticks_per_beat)
    primer = read({"midi": "a.mid"}, folder)
    silent = min(start for start, _, _ in notes) // 16 * 16
    assert sorted(as_tuples(primer)) == sorted((s - silent, length, p) for s, length, p in notes)


def test_a_pitch_struck_again_ends_before(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    file = mido.MidiFile(ticks_per_beat=480)
    for channel, (start, length) in enumerate([(0, 480), (240, 480)]):
        file.tracks.append(
            mido.MidiTrack(
                [
                    mido.Message("note_on", note=60, channel=channel, time=start),
                    mido.Message("note_off", note=60, channel=channel, time=length),
                ]
            )
        )
    file.save(path)
    assert as_tuples(read({"midi": "a.mid"}, tmp_path)) == [(0, 2, 60), (2, 4, 60)]


def test_note_on_without_velocity_and_a_missing_note_off_end_notes(tmp_path: Path) -> None:
    track = mido.MidiTrack(
        [
            mido.Message("note_on", note=60, time=0),
            mido.Message("note_on", note=60, velocity=0, time=240),
            mido.Message("note_on", note=62, time=0),
            mido.MetaMessage("end_of_track", time=480),
        ]
    )
    file = mido.MidiFile(type=0, ticks_per_beat=480)
    file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    assert as_tuples(read({"midi": "a.mid"}, tmp_path)) == [(0, 2, 60), (2, 4, 62)]


def _file(tmp_path: Path, channel: int = 0) -> bytes:
    write_midi(tmp_path / "good.mid", [(0, 480, 60), (480, 960, 62)], channel=channel)
    return (tmp_path / "good.mid").read_bytes()


def _with_header(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + value.to_bytes(2, "big") + data[at + 2 :]


def test_files_that_are_no_primer_are_refused(tmp_path: Path) -> None:
    good = _file(tmp_path)
    cases = {
        b"": "empty",
        b"RIFF" + good[14:]: "not MIDI",
        good[:10]: "cut off",
        good[:14]: "no track",
        good[:-6]: "cut off|damaged",
        _with_header(good, 8, 2) + good[14:]: "format 2",
        _with_header(good, 12, 0): "0 ticks",
        _with_header(good, 12, 0xE728): "film frames",
        good + b"\0" * (1 << 17): "131,072 bytes",
        _file(tmp_path, channel=9): "only drums",
    }
    for data, why in cases.items():
        (tmp_path / "bad.mid").write_bytes(data)
        with pytest.raises(Refusal, match=why):
            read({"midi": "bad.mid"}, tmp_path)
    write_midi(tmp_path / "bad.mid", [(0, 480, pitch) for pitch in range(60, 73)])
    with pytest.raises(Refusal, match="13 notes sound at once"):
        read({"midi": "bad.mid"}, tmp_path)
    write_midi(tmp_path / "bad.mid", [])
    with pytest.raises(Refusal, match="no notes"):
        read({"midi": "bad.mid"}, tmp_path)


@given(st.data())
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("midi")
    good = bytearray(_file(folder))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(4, len(good) - 1))] = data.draw(st.integers(0, 255))
    (folder / "bad.mid").write_bytes(bytes(good[: data.draw(st.integers(0, len(good)))]))
    with contextlib.suppress(Refusal):
        assert read({"midi": "bad.mid"}, folder).notes


def test_a_file_may_not_lie_outside(tmp_path: Path) -> None:
    inside = tmp_path / "game"
    inside.mkdir()
    _file(tmp_path)
    (inside / "link.mid").symlink_to(tmp_path / "good.mid")
    (inside / "loop.mid").symlink_to(inside / "loop.mid")
    (inside / "up").symlink_to(tmp_path)
    for name in ("link.mid", "../good.mid", "up/good.mid", "a/../../good.mid", "loop.mid",
                 str(tmp_path / "good.mid"), "x" * 5000, "", " ", "a\0b"):  # fmt: skip
        with pytest.raises(Refusal):
            read({"midi": name}, inside)
    assert read({"midi": "good.mid"}, tmp_path).notes
    assert read({"midi": "./good.mid"}, tmp_path).notes


def test_the_nearest_file_is_named(tmp_path: Path) -> None:
    _file(tmp_path)
    with pytest.raises(Refusal) as caught:
        read({"midi": "god.mid"}, tmp_path)
    assert "good.mid" in caught.value.faults[0].fix

"""Multi-voice game MIDI: what a console played comes back as what its composer wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chipassets.midi.reader import MidiError, parse_midi
from chipassets.train.corpus_doctor import read_corpus
from chipassets.train.metrefinding import find_metre
from chipassets.train.midi_corpus import read_midi
from chipassets.train.music import Metre, MidiPiece
from tests.train.conftest import tune
from tests.train.game_midi import Recording

BASS = tuple((4 * k, 3, 36 + (0, 7, 5, 7)[k // 4 % 4]) for k in range(64))
NOISE = tuple((2 * k, 1, 1 + k % 15) for k in range(128))


def melody(pitch: int = 72) -> tuple[tuple[int, int, int], ...]:
    """A voice in 16ths and 8ths, four bars of which come back."""
    rng = np.random.default_rng(4)
    lengths = [1, 1, 2, 2, 2, 4, 4] * 4
    notes, step = [], 0
    for length in lengths:
        notes.append((step, length, pitch + int(rng.choice([0, 2, 4, 5, 7]))))
        step += length
    return tuple((s + 64 * k, d, p) for k in range(4) for s, d, p in notes)


def starts(piece: MidiPiece, lowest: int = 0) -> set[tuple[int, int]]:
    """When each pitch starts, counted from the first note."""
    first = piece.notes[0][0]
    return {(start - first, pitch) for start, _, pitch in piece.notes if pitch >= lowest}


@pytest.mark.parametrize("frames", [4, 6, 7.3, 9])
def test_voices_are_joined_on_their_own_beat_and_noise_is_no_pitch(
    frames: float, tmp_path: Path
) -> None:
    recording = Recording(frames)
    recording.play("p1", melody())
    recording.play("tr", BASS)
    recording.play("no", NOISE, gate=0.3)
    piece = read_midi(recording.save(tmp_path / "a.mid"))
    assert starts(piece) == {(s, p) for s, _, p in melody() + BASS}
    assert piece.tempo_bpm == pytest.approx(60 * 60 / (4 * frames), rel=0.003)
    assert piece.metres == (Metre(0, 4, 4),)
    assert piece.repairs["programs_merged"] == 1
    assert piece.repairs["drum_notes_set_apart"] == len(NOISE)


def test_an_echo_between_the_steps_is_moved_to_them(tmp_path: Path) -> None:
    recording = Recording(7)
    recording.play("p1", melody())
    recording.play("p2", melody(60), late=24)  # 3.43 steps
    recording.play("tr", BASS)
    piece = read_midi(recording.save(tmp_path / "a.mid"))
    echo = {(s + 3, p) for s, _, p in melody(60)}
    assert starts(piece) == {(s, p) for s, _, p in melody() + BASS} | echo


def test_arpeggios_become_chords_and_vibrato_one_note(tmp_path: Path) -> None:
    recording = Recording(6)
    recording.play("p1", melody())
    recording.play("tr", BASS)
    held = recording.voices["p2"] = []
    for bar in range(0, 12, 2):
        begin, end = recording.frame(16 * bar), recording.frame(16 * bar + 8)
        cycle = (60, 64, 67)
        held += [(f, f + 2, cycle[f // 2 % 3]) for f in range(begin, end, 2)]
        begin = recording.frame(16 * bar + 16)
        held.append((begin, begin + 20, 62))
        held += [(f, f + 3, 62 + (1, 0, -1, 0)[f % 4]) for f in range(begin + 20, begin + 50, 3)]
    piece = read_midi(recording.save(tmp_path / "a.mid"))
    first = recording.voices["p1"][0][2] and piece.notes[0][0]
    inner = {(s - first, d, p) for s, d, p in piece.notes if 58 <= p < 70}
    chords = {(16 * bar, 8, p) for bar in range(0, 12, 2) for p in (60, 64, 67)}
    assert inner == chords | {(16 * bar + 16, 8, 62) for bar in range(0, 12, 2)}
    assert piece.repairs["ornaments_written_out"] == 12


def test_a_slide_ends_in_its_note(tmp_path: Path) -> None:
    recording = Recording(6)
    recording.play("tr", BASS)
    recording.play("p1", melody())
    begin = recording.frame(256)
    recording.voices["p1"] += [(begin + k, begin + k + 1, 60 + k) for k in range(7)]
    recording.voices["p1"].append((begin + 7, begin + 24, 67))
    piece = read_midi(recording.save(tmp_path / "a.mid"))
    last = max(piece.notes)
    assert (last[0] - piece.notes[0][0], last[1:]) == (256, (4, 67))


def test_a_jingle_of_two_bars_and_a_piece_of_ninety_give_material(tmp_path: Path) -> None:
    for name, bars, frames in (("jingle", 2, 6), ("long", 90, 8)):
        recording = Recording(frames)
        recording.play("p1", tune(bars, 60, seed=1))
        recording.play("no", NOISE[: 8 * bars], gate=0.3)
        recording.save(tmp_path / f"{name}.mid")
    _, report = read_corpus(tmp_path)
    assert [outcome.sequences for outcome in report.outcomes] == [1, 6]


def test_a_waltz_is_told_from_a_march() -> None:
    rng = np.random.default_rng(2)
    for steps, metre in ((12, (3, 4)), (16, (4, 4))):
        onsets = [(s, int(p)) for s in range(0, steps, 4) for p in rng.choice([60, 64, 67], 1)]
        onsets += [(steps - 2, 74)]
        notes = [(s + k * steps, 2, p) for k in range(20) for s, p in onsets]
        assert find_metre(np.array(sorted(notes))) == metre


def test_damage_ends_its_track_and_hanging_notes_are_counted(tmp_path: Path) -> None:
    recording = Recording(6)
    recording.play("p1", melody())
    recording.play("tr", BASS)
    whole = recording.save(tmp_path / "a.mid").read_bytes()
    (tmp_path / "cut.mid").write_bytes(whole[: len(whole) * 3 // 4])
    piece = read_midi(tmp_path / "cut.mid")
    assert piece.repairs["tracks_cut_short"] == 1
    assert starts(piece, lowest=60) == {(s, p) for s, _, p in melody()}
    hanging = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\x08\0\x90\x3c\x40\0\xff\x2f\0"
    assert parse_midi(hanging).hanging == 1
    smpte = whole[:12] + b"\xe7\x28" + whole[14:]
    with pytest.raises(MidiError, match="SMPTE"):
        parse_midi(smpte)

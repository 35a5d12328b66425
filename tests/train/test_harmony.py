"""Learning harmony: chords and keys read from MIDI, named as numerals, counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest

from chipassets.music.chords import parse_chord
from chipassets.music.keys import Key
from chipassets.train import learn_harmony as harmony
from chipassets.train.chordreading import QUALITIES, read_harmony
from chipassets.train.learn_harmony import learn, model_of
from chipassets.train.numerals import cadence_of, clear_mode, is_surprise, named_halves, numeral_of

LEARNED = ("major", "minor", "dorian", "mixolydian", "phrygian")
TUNE = (0, 2, 1, 2)
Pitches = tuple[int, ...]


def write_piece(
    path: Path, bars: Sequence[Sequence[Pitches]], metre: tuple[int, int] = (4, 4)
) -> Path:
    """Write chords of pitches, each bar's of equal length, with a moving top voice over them."""
    bar_ticks = 480 * 4 * metre[0] // metre[1]
    events: list[tuple[int, int, int, int]] = []
    for number, bar in enumerate(bars):
        length = bar_ticks // len(bar)
        for order, pitches in enumerate(bar):
            at = number * bar_ticks + order * length
            for pitch in pitches:
                events += [(at, 0x90, pitch, 0), (at + length, 0x80, pitch, 0)]
            for n in range(4):
                top = sorted(pitches)[TUNE[n] % len(pitches)] % 12 + 84
                step = length // 4
                events += [(at + n * step, 0x90, top, 1), (at + (n + 1) * step, 0x80, top, 1)]
    track = mido.MidiTrack(
        [mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])]
    )
    now = 0
    for tick, status, pitch, channel in sorted(events):
        kind = "note_on" if status == 0x90 else "note_off"
        track.append(mido.Message(kind, note=pitch, channel=channel, time=tick - now))
        now = tick
    song = mido.MidiFile(ticks_per_beat=480)
    song.tracks.append(track)
    song.save(path)
    return path


C: Pitches = (48, 64, 67)
C_E: Pitches = (52, 60, 67)
F: Pitches = (53, 57, 60)
G7: Pitches = (43, 59, 65, 62)
AM: Pitches = (45, 60, 64)
D7: Pitches = (50, 54, 57, 60)


def test_chords_are_read_with_their_basses(tmp_path: Path) -> None:
    piece = read_harmony(write_piece(tmp_path / "a.mid", [[C], [F, G7], [C_E], [AM]] * 4))
    assert piece is not None
    assert piece.halves == 2
    assert piece.chords[:8] == (
        (0, "", 0), (0, "", 0), (5, "", 5), (7, "7", 7), (0, "", 4), (0, "", 4), (9, "m", 9),
        (9, "m", 9),
    )  # fmt: skip
    assert set(piece.keys) == {(0, "major")}
    assert named_halves(piece.chords[:6], piece.keys[:6])[2:] == [
        ("IV", 0), ("V7", 0), ("I", 1), ("I", 1)
    ]  # fmt: skip


def test_three_four_has_one_chord_a_bar(tmp_path: Path) -> None:
    piece = read_harmony(write_piece(tmp_path / "a.mid", [[C], [F], [G7], [C]] * 3, (3, 4)))
    assert piece is not None
    assert piece.halves == 1
    assert [chord[0] for chord in piece.chords[:4] if chord] == [0, 5, 7, 0]


def test_a_piece_that_modulates_has_two_keys(tmp_path: Path) -> None:
    def up(chord: Pitches) -> Pitches:
        return tuple(pitch + 4 for pitch in chord)

    home = [[C], [F], [G7], [C]] * 4
    away = [[up(chord) for chord in bar] for bar in home]
    piece = read_harmony(write_piece(tmp_path / "a.mid", home + away))
    assert piece is not None
    assert piece.keys[0] == (0, "major")
    assert piece.keys[-1] == (4, "major")


def test_what_has_no_harmony_gives_none(tmp_path: Path) -> None:
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    assert read_harmony(tmp_path / "bad.mid") is None
    five = write_piece(tmp_path / "five.mid", [[C]] * 4, (5, 4))
    assert read_harmony(five) is None


@pytest.mark.parametrize(
    ("semitone", "quality", "mode", "numeral"),
    [
        (0, "", "major", "I"),
        (2, "7", "major", "V7/V"),
        (0, "7", "major", "V7/IV"),
        (10, "", "major", "bVII"),
        (5, "m", "major", "iv"),
        (11, "dim", "major", "vii°"),
        (7, "", "minor", "V"),
        (7, "m", "minor", "v"),
        (11, "dim7", "minor", "vii°7"),
        (10, "7", "minor", "VII7"),
        (2, "7", "minor", "V7/V"),
        (1, "", "minor", "bII"),
        (5, "", "minor", "IV"),
        (1, "", "phrygian", "II"),
        (5, "", "dorian", "IV"),
        (6, "m", "major", None),
    ],
)
def test_chords_get_their_usual_numeral(
    semitone: int, quality: str, mode: str, numeral: str | None
) -> None:
    assert numeral_of(semitone, quality, mode) == numeral


@pytest.mark.parametrize("mode", LEARNED)
def test_every_numeral_reads_back_as_its_chord(mode: str) -> None:
    named = 0
    for semitone in range(12):
        for quality, steps in QUALITIES.items():
            text = numeral_of(semitone, quality, mode)
            if text is not None:
                named += 1
                chord = parse_chord(text, Key(0, mode))
                assert chord.root == semitone
                assert chord.pitch_classes == {(semitone + step) % 12 for step in steps}
    assert named > 20


def test_a_surprise_has_tones_from_outside() -> None:
    assert is_surprise("iv", "major")
    assert is_surprise("V/V", "major")
    assert not is_surprise("V7", "minor")
    assert not is_surprise("vii°7", "minor")
    assert not is_surprise("IV", "dorian")


@pytest.mark.parametrize(
    ("last", "mode", "kind"),
    [
        (["IV", "IV", "V", "V"], "major", "half"),
        (["ii", "V7", "I", "I"], "major", "closed"),
        (["I", "IV", "I", "I"], "major", "plagal"),
        (["V", "V", "vi", "vi"], "major", "deceptive"),
        (["i", "II", "i", "i"], "phrygian", "modal"),
        (["I", "I", "I", "I"], "major", "tonic"),
        (["I", "V", "IV", "IV"], "major", "open"),
    ],
)
def test_cadences_have_names(last: list[str], mode: str, kind: str) -> None:
    assert cadence_of(last, mode) == kind


def test_a_church_mode_needs_its_chord_and_no_dominant() -> None:
    assert clear_mode("dorian", {(5, ""): 3, (0, "m"): 8}) == "dorian"
    assert clear_mode("dorian", {(0, "m"): 8}) == "minor"
    assert clear_mode("mixolydian", {(10, ""): 3, (7, "7"): 2}) == "major"


def test_learning_counts_changes_inversions_and_surprises(tmp_path: Path) -> None:
    bars = [[C], [F], [D7], [G7], [C_E], [F, G7], [AM], [G7]] * 3 + [[C]]
    piece = read_harmony(write_piece(tmp_path / "a.mid", bars))
    assert piece is not None
    model = model_of(learn([("a", True, piece)]))
    major = json.loads(json.dumps(model))["modes"]["major"]
    assert major["pieces"] == 1
    assert max(major["chords"], key=major["chords"].get) in ("I", "V7", "IV")
    assert major["after_one"]["V7/V"] == {"V7": 1.0}
    assert "V7/V" in major["surprises"]
    assert major["inversions"]["I"][1] > 0
    assert sum(major["chords"].values()) == pytest.approx(1, abs=0.01)


def test_game_music_weighs_as_much_as_all_else(tmp_path: Path) -> None:
    game = read_harmony(write_piece(tmp_path / "a.mid", [[C], [F], [C], [C]] * 4))
    other = read_harmony(write_piece(tmp_path / "b.mid", [[C], [G7], [C], [C]] * 4))
    assert game is not None
    assert other is not None
    counts = learn([("a", True, game), *((f"b{n}", False, other) for n in range(5))])
    after = counts["major"].after_one["I"]
    assert after["IV"] == pytest.approx(after["V7"], rel=0.01)


def test_without_a_corpus_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harmony.main([]) == 2
    assert harmony.main([str(tmp_path)]) == 2
    assert "sources.csv" in capsys.readouterr().err

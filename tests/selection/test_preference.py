"""What makes readers prefer a take: measures of the first bars, and a fit of their marks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import DrumStroke, Note, Score, ordered
from chipassets.selection.preference import (
    MEASURES,
    OPENING_BARS,
    measures_of,
    preference,
    unusual,
)
from chipassets.train.learn_preference import (
    MARKS,
    agreement,
    card,
    fit,
    main,
    model_of,
    read_marks,
)

BARS = 4


def score_of(
    tune: Sequence[Note] = (), bars: int = BARS, drums: tuple[DrumStroke, ...] = (), **parts: object
) -> Score:
    others = [note for line in parts.values() for note in line]  # type: ignore[attr-defined]
    notes = ordered([*tune, *others])
    return Score(notes, bars, 120_000, Key(0, "major"), drums=drums)


def line(part: str, *notes: tuple[int, int, int]) -> list[Note]:
    return [Note(start, steps, pitch, part) for start, steps, pitch in notes]


def measured(score: Score) -> dict[str, float]:
    return dict(zip(MEASURES, measures_of(score, 4).tolist(), strict=True))


SCALE = line(LEAD, *((4 * n, 4, 60 + pitch) for n, pitch in enumerate((0, 2, 4, 5, 7, 9, 11, 12))))


@pytest.mark.parametrize(
    ("name", "tune", "value"),
    [
        ("commonest value", SCALE, 7 / 8),
        ("silent tune", SCALE, 0.5),
        ("tune by step", SCALE, 1.0),
        ("same pitch again", line(LEAD, (0, 4, 60), (4, 4, 60), (8, 8, 62)), 0.5),
        ("tritones", line(LEAD, (0, 4, 60), (4, 4, 66), (8, 8, 67)), 0.5),
        ("long values", line(LEAD, (0, 6, 60), (6, 5, 60), (11, 5, 62), (16, 48, 64)), 0.5),
        ("turns", line(LEAD, (0, 4, 60), (4, 4, 64), (8, 4, 62), (12, 4, 60)), 0.5),
        ("low tune", line(LEAD, (0, 4, 60), (4, 4, 64)), 4.0),
        ("low tune", line(LEAD, (0, 4, 66), (4, 4, 70)), 0.0),
        # Of three bars of two notes or more two are different, and the third has but one note.
        (
            "different bars",
            line(
                LEAD,
                (0, 8, 60),
                (8, 8, 62),
                (16, 8, 60),
                (24, 8, 62),
                (32, 8, 60),
                (40, 8, 64),
                (48, 8, 60),
            ),
            2 / 3,
        ),
        # The second bar is the first a third up; the third the first again, which is no sequence.
        (
            "sequences",
            line(LEAD, (0, 8, 60), (8, 8, 62), (16, 8, 64), (24, 8, 67), (32, 8, 60), (40, 8, 62)),
            1 / 3,
        ),
        ("second half comes back", line(LEAD, (0, 8, 60), (32, 8, 60), (48, 8, 62)), 0.5),
    ],
)
def test_a_tune_is_measured(name: str, tune: list[Note], value: float) -> None:
    assert measured(score_of(tune))[name] == pytest.approx(value)


def test_parts_are_measured_against_each_other() -> None:
    tune = line(LEAD, (0, 4, 72), (4, 4, 71), (8, 8, 72))
    found = measured(
        score_of(
            tune,
            bass=line(BASS, (0, 8, 48), (8, 4, 54), (14, 2, 47)),
            inner=line(INNER, (0, 4, 64), (5, 3, 64), (8, 8, 59)),
        )
    )
    # Of 14 steps on which tune and bass sound, B over C has four, and C over B two.
    assert found["rubs of tune and bass"] == pytest.approx(6 / 14)
    # Three of nine notes are of the tune.
    assert found["notes of the tune"] == pytest.approx(3 / 9)
    assert found["onsets shared"] == pytest.approx(2 / 3)
    # B over C and C over F#, of three notes of a beat or more.
    assert found["long notes against bass"] == pytest.approx(2 / 3)
    assert found["bars without bass"] == found["bars without second voice"] == 0.75
    assert found["bass off the beat"] == pytest.approx(1 / 3)
    assert found["rhythms of bass"] == found["rhythms of second voice"] == 2
    # The bass goes up a tritone and down a fifth.
    assert found["bass by step"] == found["bass by octave"] == 0


def test_the_bass_is_measured_by_its_moves() -> None:
    bass = line(BASS, (0, 4, 48), (4, 4, 50), (8, 4, 50), (12, 4, 38), (16, 4, 40))
    found = measured(score_of(SCALE, bass=bass))
    assert found["bass by step"] == 0.5
    assert found["bass by octave"] == 0.25


def test_a_second_voice_near_the_bass_is_measured() -> None:
    bass, inner = line(BASS, (0, 16, 48)), line(INNER, (0, 4, 54), (4, 4, 55), (8, 4, 60))
    found = measured(score_of(SCALE, bass=bass, inner=inner))
    assert found["second voice near the bass"] == pytest.approx(1 / 3)


def test_chords_are_measured() -> None:
    tune = line(LEAD, (0, 4, 60), (4, 4, 62), (8, 2, 62), (10, 22, 67))
    score = replace(score_of(tune, bars=8), chords=("C", "C G", "C", "F G", "C", "C", "C", "C"))
    found = measured(score)
    # D on C is the one long note of three that is foreign to its chord.
    assert found["long notes in their chord"] == pytest.approx(2 / 3)
    # Four of fifteen half bars bring another chord; of bars 4 and 8 the first ends on G.
    assert found["chord changes"] == pytest.approx(5 / 15)
    assert found["dominants at phrase ends"] == 0.5
    bare = measured(score_of(tune))
    assert bare["long notes in their chord"] == 1
    assert bare["chord changes"] == bare["dominants at phrase ends"] == 0


def test_drums_between_eighths_count() -> None:
    strokes = tuple(DrumStroke(step, "kick", 90) for step in (0, 1, 2, 4))
    assert measured(score_of(SCALE, drums=strokes))["16ths of drums"] == 0.25


def test_the_opening_alone_is_measured() -> None:
    bars = OPENING_BARS + 4
    tune = line(LEAD, *((16 * bar, 8, 60 + bar % 5) for bar in range(bars)))
    other = [*tune[:OPENING_BARS], *line(LEAD, (16 * OPENING_BARS, 1, 90))]
    assert preference(score_of(tune, bars), 4) == preference(score_of(other, bars), 4)
    assert preference(score_of(tune[1:], bars), 4) != preference(score_of(tune, bars), 4)


def test_silence_and_merged_music_are_measured_too() -> None:
    assert np.isfinite(measures_of(score_of(line(BASS, (0, 4, 40))), 4)).all()
    merged = score_of([replace(note, part="") for note in SCALE])
    assert preference(merged, 4) == 0.0


def test_a_fit_finds_what_the_marks_follow() -> None:
    rng = np.random.default_rng(3)
    table = rng.random((400, len(MEASURES)))
    marks = 3 * table[:, 2] - 2 * table[:, 5] + 0.1 * rng.random(400)
    found = fit(table, marks - marks.mean())
    order = np.argsort(-np.abs(found.weights))
    assert order[:2].tolist() == [2, 5]
    assert found.weights[2] > 0 > found.weights[5]
    # What lies beyond the usual counts as the usual's end, and as unusual.
    far = np.where(np.arange(len(MEASURES)) == 2, 9.0, table[0])
    near = np.where(np.arange(len(MEASURES)) == 2, found.high[2], table[0])
    more = unusual(far, found.mean, found.spread) - unusual(near, found.mean, found.spread)
    assert found.predict(far[None]) == pytest.approx(
        found.predict(near[None]) + more * found.unusual_weight
    )


@pytest.mark.parametrize(("value", "count"), [(1.74, 0), (1.76, 1), (-1.74, 0), (-1.76, 1)])
def test_a_measure_is_unusual_from_seven_quarters_of_a_spread_on(value: float, count: int) -> None:
    mean, spread = np.array([3.0, 5.0]), np.array([2.0, 0.5])
    assert unusual(np.array([3.0 + 2 * value, 5.0]), mean, spread) == count


def test_takes_that_are_odd_in_many_respects_lose_marks_for_it() -> None:
    """What the marks say of all measures alike is learned beside what they say of each."""
    rng = np.random.default_rng(4)
    table = rng.standard_t(4, (600, len(MEASURES)))
    odd = unusual(table, table.mean(axis=0), table.std(axis=0))
    marks = -0.3 * odd + 0.1 * rng.random(600)
    found = fit(table, marks)
    assert found.unusual_weight < -0.15
    assert np.abs(found.weights).max() < -found.unusual_weight


def test_the_shipped_weights_are_those_of_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = read_marks(MARKS)
    # Chosen takes, of which more are marked now, differ less than all takes: they agree less.
    assert 0.35 < agreement(known) < 0.8
    monkeypatch.setattr("chipassets.train.learn_preference._MODELS", tmp_path)
    assert main([]) == 0
    shipped = Path(MARKS).parents[1] / "models"
    made = json.loads((tmp_path / "preference.json").read_text(encoding="utf-8"))
    kept = json.loads((shipped / "preference.json").read_text(encoding="utf-8"))
    assert list(made["measures"]) == list(kept["measures"]) == list(MEASURES)
    for name, row in made["measures"].items():
        assert row == pytest.approx(kept["measures"][name], abs=1e-4), name
    text = (shipped / "preference.md").read_text(encoding="utf-8")
    assert text == card(known, fit(known.measures, known.centred), agreement(known))
    model = model_of(fit(known.measures, known.centred))
    assert set(model) == {"format", "measures", "unusual"}
    assert model["unusual"] == kept["unusual"] == made["unusual"]


def test_marks_of_other_measures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("reading,mark,speed\n1,5,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="are not the measures"):
        read_marks(path)

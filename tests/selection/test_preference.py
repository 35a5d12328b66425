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
from chipassets.selection.preference import MEASURES, OPENING_BARS, measures_of, preference
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
        ("peak", line(LEAD, (0, 4, 60), (4, 4, 60), (8, 8, 72)), 8.0),
        ("bar said twice in a row", line(LEAD, (0, 8, 60), (16, 8, 60), (32, 8, 62)), 1 / 3),
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
    assert found["rubs of tune and second voice"] == pytest.approx(8 / 15)
    assert found["onsets shared"] == pytest.approx(2 / 3)
    # B over C and C over F#, of three notes of a beat or more.
    assert found["long notes against bass"] == pytest.approx(2 / 3)
    assert found["bars without bass"] == found["bars without second voice"] == 0.75
    assert found["bass off the beat"] == pytest.approx(1 / 3)
    assert found["rhythms of bass"] == 2


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
    # What lies beyond the usual counts as the usual's end.
    far = np.where(np.arange(len(MEASURES)) == 2, 9.0, table[0])
    near = np.where(np.arange(len(MEASURES)) == 2, found.high[2], table[0])
    assert found.predict(far[None]) == pytest.approx(found.predict(near[None]))


def test_the_shipped_weights_are_those_of_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = read_marks(MARKS)
    assert 0.4 < agreement(known) < 0.8
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
    assert set(model_of(fit(known.measures, known.centred))) == {"format", "measures"}


def test_marks_of_other_measures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("reading,mark,speed\n1,5,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="are not the measures"):
        read_marks(path)

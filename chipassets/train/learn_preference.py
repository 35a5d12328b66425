"""Learns the preference among takes: weights of measures, fitted to marks that readers gave.

Usage: `python -m chipassets.train.learn_preference [MARKS.csv]`. A row is one take that one reader
marked from 1 to 10: the reading, the mark, and the measures of `selection.preference`. It writes
`models/preference.json` and its card.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.selection.preference import MEASURES, UNUSUAL, Weights, unusual

FORMAT = 2
MARKS = Path(__file__).with_name("preference_marks.csv")
_MODELS = Path(__file__).resolve().parents[1] / "models"

_PENALTY = 150.0
"""Of ridge regression: the best of 60, 90, 150, 250, 400 and 600 by cross-validation."""
_SHARED = 9.0
"""By how much less the number of unusual measures is penalised, which says something of all."""
_CUT = 0.03
"""Values beyond this share of takes at either end are cut off."""
_DIGITS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marks:
    """Marked takes: readings int [takes], marks float [takes], measures float [takes, measures]."""

    readings: NDArray[np.int64]
    marks: Floats
    measures: Floats

    @property
    def centred(self) -> Floats:
        """The marks less the mean of their reading: some readers are stricter than others."""
        found = self.marks.copy()
        for reading in np.unique(self.readings):
            own = self.readings == reading
            found[own] -= found[own].mean()
        return found


def read_marks(path: Path) -> Marks:
    """Return the marks of a table; ValueError if its columns are not `MEASURES`."""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    if head[2:] != list(MEASURES):
        raise ValueError(f"{path}: its columns are not the measures of selection.preference")
    table = np.array(rows, np.float64)
    return Marks(table[:, 0].astype(np.int64), table[:, 1], table[:, 2:])


def fit(measures: Floats, marks: Floats) -> Weights:
    """Return ridge regression weights of standardised measures; marks have a mean of about 0."""
    low, high = np.quantile(measures, (_CUT, 1 - _CUT), axis=0)
    cut = np.clip(measures, low, high)
    mean, spread = cut.mean(axis=0), cut.std(axis=0) + 1e-9
    odd = unusual(measures, mean, spread)
    scale = odd.std() + 1e-9
    z = np.column_stack(((cut - mean) / spread, (odd - odd.mean()) / scale))
    penalties = np.append(np.full(mean.size, _PENALTY), _PENALTY / _SHARED)
    found = np.linalg.solve(z.T @ z + np.diag(penalties), z.T @ (marks - marks.mean()))
    return Weights(low, high, mean, spread, found[:-1], float(odd.mean()), float(found[-1] / scale))


def agreement(known: Marks) -> float:
    """Return the correlation of marks with predictions from the other readings' marks."""
    said = np.zeros(known.marks.size)
    for reading in np.unique(known.readings):
        seen = known.readings != reading
        found = fit(known.measures[seen], known.centred[seen]).predict(known.measures[~seen])
        said[~seen] = found - found.mean()
    return float(np.corrcoef(said, known.centred)[0, 1])


def model_of(found: Weights) -> dict[str, object]:
    """Return a fit as it is stored."""
    fields = (found.low, found.high, found.mean, found.spread, found.weights)
    words = ("low", "high", "mean", "spread", "weight")
    return {
        "format": FORMAT,
        "unusual": {
            "mean": round(found.unusual_mean, _DIGITS),
            "weight": round(found.unusual_weight, _DIGITS),
        },
        "measures": {
            name: {
                word: round(float(field[place]), _DIGITS)
                for word, field in zip(words, fields, strict=True)
            }
            for place, name in enumerate(MEASURES)
        },
    }


def card(known: Marks, found: Weights, correlation: float) -> str:
    """Return the card of a fit."""
    order = np.argsort(-np.abs(found.weights))
    names = list(MEASURES)
    rows = "\n".join(
        f"| {names[place]} | {found.mean[place]:.3g} ± {found.spread[place]:.2g} | "
        f"{found.weights[place]:+.2f} |"
        for place in order
    )
    odd = unusual(known.measures, found.mean, found.spread)
    return f"""# Preference among takes

Weights of measures of a take's first bars, made by `python -m chipassets.train.learn_preference`
from `train/preference_marks.csv`: {known.marks.size} marks in {len(set(known.readings.tolist()))}
readings. In each, a language model read 16 bars of anonymous scores as text, takes of this composer
among pieces by people, and marked every one from 1 to 10. Nobody listened. The marks of one reading
count from its mean. They say what such readers like in a score, and no more.

Marks correlate by {correlation:.2f} with predictions of a fit to the other readings. A fit is used
to choose among takes, so its own predictions are no measure of the music.

| measure | takes | marks for one spread more |
|---|---|---|
{rows}

Each measure that lies more than {UNUSUAL} spreads from the mean costs
{-found.unusual_weight:.2f} marks; takes have {found.unusual_mean:.1f} ± {odd.std():.1f} of them.
"""


def main(arguments: list[str]) -> int:
    """Fit the marks and write the model and its card."""
    known = read_marks(Path(arguments[0]) if arguments else MARKS)
    found = fit(known.measures, known.centred)
    correlation = agreement(known)
    sys.stdout.write(f"{known.marks.size} marks, correlation {correlation:.2f}\n")
    text = json.dumps(model_of(found), indent=1) + "\n"
    (_MODELS / "preference.json").write_text(text, encoding="utf-8")
    (_MODELS / "preference.md").write_text(card(known, found, correlation), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Every transform of a motif in every metre: what sounds, by an arithmetic of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chipassets.manifest import parse_manifest
from chipassets.production.findings import find_statements
from chipassets.resolve.build_plan import resolve
from chipassets.units import METRES, STEPS_PER_BEAT
from tests.manifest.test_pairs import composed

TUNE = ((0, 2, 0), (2, 2, 2), (6, 2, 4), (8, 4, 5), (12, 2, 4))
"""C5 - E5 - . . G5 - A5 - - - G5 - . .: step, length, degree from 0 in C major."""
TEXT = "C5 - E5 - . . G5 - A5 - - - G5 - . ."
STEPS = 16
SCALES = {
    "D minor": (2, (0, 2, 3, 5, 7, 8, 10)),
    "Bb major": (10, (0, 2, 4, 5, 7, 9, 11)),
    "F# dorian": (6, (0, 2, 3, 5, 7, 9, 10)),
    "A phrygian": (9, (0, 1, 3, 5, 7, 8, 10)),
}
MAJOR = (0, 2, 4, 5, 7, 9, 11)
WAYS = [
    ("in_mode", "lead"), ("transposed", "lead"), ("literal", "lead"), ("augmented", "lead"),
    ("diminished", "lead"), ("fragment", "lead"), ("bass", "bass"), ("voice", "inner"),
    ("transposed", "inner"), ("augmented", "bass"), ("fragment", "inner"), ("diminished", "bass"),
]  # fmt: skip

Heard = list[tuple[int, int, int]]


def expected(transform: str, key: str) -> tuple[Heard, int]:
    """Return step, length and pitch class of the notes to be heard, and the steps they fill."""
    tonic, scale = SCALES[key]
    if transform == "literal":
        return [(step, steps, MAJOR[degree]) for step, steps, degree in TUNE], STEPS
    if transform == "transposed":
        return [(step, steps, (MAJOR[d] + tonic) % 12) for step, steps, d in TUNE], STEPS
    mapped = [(step, steps, (scale[degree] + tonic) % 12) for step, steps, degree in TUNE]
    if transform == "augmented":
        return [(2 * step, 2 * steps, pitch) for step, steps, pitch in mapped], 2 * STEPS
    if transform == "diminished":
        return [(step // 2, steps // 2, pitch) for step, steps, pitch in mapped], STEPS // 2
    if transform == "fragment":
        return [note for note in mapped if note[0] < STEPS // 2], STEPS // 2
    return mapped, STEPS


CASES = [
    pytest.param(way, metre, marks=() if (way + row) % 3 == 0 else pytest.mark.slow)
    for way in range(len(WAYS))
    for row, metre in enumerate(METRES)
]
"""Every transform in every metre; two of three, spread over both, are left to the slow run."""


@pytest.mark.parametrize(("way", "metre"), CASES)
@pytest.mark.default_cases(12)
def test_a_transform_changes_a_motif_as_its_name_says(way: int, metre: str) -> None:
    transform, part = WAYS[way]
    key = list(SCALES)[(way + len(metre)) % len(SCALES)]
    use = transform if transform in ("bass", "voice") else {"transform": transform, "voice": part}
    pickup = {"pickup": "G4 - A4 -"} if way % 3 == 0 else {}
    said = {
        "scene": "overworld", "metre": metre, "key": key, "form": "A:5 B:4 A:5",
        "motif": {"m": use}, **pickup,
    }  # fmt: skip
    motifs = {"m": {"notes": TEXT, "key": "C major"}}
    game = {"game": "T", "seed": way, "motifs": motifs, "tracks": {"it": said}}
    (track,) = resolve(parse_manifest(json.dumps(game).encode(), Path("game.yaml"))).tracks
    score = composed(track)
    wanted, steps = expected(transform, key)
    for section in (one for one in score.sections if one.name == "A"):
        start = section.start_bar * int(METRES[metre] * STEPS_PER_BEAT)
        heard = [
            (note.start_step - start, note.duration_steps, note.pitch % 12)
            for note in score.part(part)
            if start < note.end_step and note.start_step < start + steps
        ]
        assert heard == wanted
    assert [one.whole for one in find_statements(score, track.motifs)] == [True, True]

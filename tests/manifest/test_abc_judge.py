"""ABC is read as note-seq's parser reads it, of which this project has no line."""

from __future__ import annotations

from random import Random

import pytest

from chipassets.manifest.abc_text import read_abc

LENGTHS = ["", "", "2", "/2", "3", "4", "3/2", "1", "6", "/"]


def note(rng: Random, length: str | None = None) -> str:
    """A note that the judge knows: it takes no double accidentals, rests or endings."""
    sign, letter = rng.choice(["", "", "", "^", "_", "="]), rng.choice("CDEFGABcdefgab")
    end = rng.choice(LENGTHS) if length is None else length
    return sign + letter + rng.choice(["", "", "'", ","]) + end


def tune(rng: Random) -> str:
    bars = []
    for _ in range(rng.randint(1, 4)):
        notes = [
            f"{note(rng, '2')}{rng.choice('<>')}{note(rng, '2')}"
            if rng.random() < 0.2
            else note(rng)
            for _ in range(rng.randint(1, 5))
        ]
        bars.append(" ".join(notes))
    body = " | ".join(bars)
    body = rng.choice(
        [
            body,
            f"|:{body}:|{note(rng)}",
            f"{body}:|\n|:{note(rng)}:|",
        ]
    )
    key = rng.choice(["C", "G", "Bb", "Am", "Ddor", "F#m", "Emix", "Cphr", "Aloc", "Flyd"])
    metre, unit = rng.choice(["4/4", "3/4", "2/4", "6/8"]), rng.choice(["1/8", "1/4"])
    return f"X:1\nQ:1/4=60\nM:{metre}\nL:{unit}\nK:{key}\n{body}\n"


@pytest.mark.slow
def test_any_tune_is_read_as_the_judge_reads_it() -> None:
    parser = pytest.importorskip("note_seq.abc_parser")
    sequences = pytest.importorskip("note_seq.sequences_lib")
    for number in range(300):
        text = tune(Random(number))
        tunes, faults = parser.parse_abc_tunebook(text)
        assert not faults, text
        played = sequences.expand_section_groups(tunes[1]).notes
        theirs = sorted(
            (4 * n.start_time, 4 * (n.end_time - n.start_time), n.pitch) for n in played
        )
        ours = [(n.start_step, n.duration_steps, n.pitch) for n in read_abc(text).tune.notes]
        assert ours == [(round(at), round(steps), pitch) for at, steps, pitch in theirs], text

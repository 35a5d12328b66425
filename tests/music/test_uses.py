"""What is read of a score: phrases with their cadences, and what each part does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chipassets.compose.planning import plan_piece
from chipassets.music.keys import parse_key
from chipassets.music.score import DrumStroke, Note, Score, Section, ordered
from chipassets.music.score_text import score_from_lines
from chipassets.music.uses import read_uses, say_parts
from tests.test_composed_goldens import MANIFEST, tracks_of

TUNE = [(step, 4, 72 + (0, 4, 7, 4)[step // 4 % 4]) for step in range(0, 64, 4)]


def score(
    inner: list[tuple[int, int, int]],
    bass: list[tuple[int, int, int]] | None = None,
    chords: str = "C F G C",
    loop: int | None = None,
) -> Score:
    parts = {"lead": TUNE, "inner": inner, "bass": bass or [(0, 64, 36)]}
    notes = [Note(*note, part) for part, found in parts.items() for note in found]
    bars = tuple(chords.split())
    return Score(
        ordered(notes), 4, 120_000, parse_key("C"), sections=(Section("A", 0, 4),),
        loop_start_bar=loop, chords=bars,
    )  # fmt: skip


def part(of: Score, name: str) -> str:
    (use,) = read_uses(of, 4)
    return dict(use.parts)[name]


SECOND = {
    "thirds": [(step, 4, pitch - 4) for step, _, pitch in TUNE],
    "unison": [(step, 4, pitch - 12) for step, _, pitch in TUNE],
    "echo": [(step + 3, 1, pitch) for step, _, pitch in TUNE],
    "held": [(bar, 16, 60) for bar in range(0, 64, 16)],
    "arpeggio": [(step, 2, 48 + (0, 4, 7, 12)[step // 2 % 4]) for step in range(0, 64, 2)],
    "running": [(step, 1, 50 + step % 12) for step in range(64)],
    "offbeat": [(step, 1, 55) for step in range(2, 64, 4)],
    "ostinato": [(16 * bar + s, 2, 55 + s % 5) for bar in range(4) for s in (0, 3, 6, 11, 13)],
    "silent": [],
}


@pytest.mark.parametrize("does", SECOND)
def test_the_role_of_a_second_voice_is_read_from_its_notes(does: str) -> None:
    assert part(score(SECOND[does]), "inner") == does


BASS = {
    "pedal": [(step, 4, 36) for step in range(0, 64, 4)],
    "held": [(0, 16, 36), (16, 16, 41), (32, 16, 43), (48, 16, 36)],
    "octaves": [(step, 2, 36 + 12 * (step // 2 % 2)) for step in range(0, 64, 2)],
    "driving": [(step, 2, (36, 41, 43, 36)[step // 16]) for step in range(0, 64, 2)],
    "walking": [(4 * n, 4, 36 + (0, 2, 4, 5, 7, 5, 4, 2)[n % 8]) for n in range(16)],
    "pattern": [(16 * bar + s, 2, 36 + 5 * (s > 5)) for bar in range(4) for s in (0, 3, 8, 11)],
}  # fmt: skip


@pytest.mark.parametrize("does", BASS)
def test_the_role_of_a_bass_is_read_from_its_notes(does: str) -> None:
    assert part(score([], BASS[does]), "bass") == does


def eighths(moves: list[int]) -> list[tuple[int, int, int]]:
    """Notes of two steps, with these semitones from each to the next."""
    return [(2 * n, 2, 40 + sum(moves[:n])) for n in range(len(moves) + 1)]


@pytest.mark.parametrize(
    ("moves", "does"),
    [
        ([0] * 18 + [5, -5] * 6, "driving"),
        ([0] * 17 + [5, -5] * 6 + [5], "pattern"),
        ([12, -12] * 9 + [5, -5] * 6, "octaves"),
        ([12, -12] * 8 + [12, -5, 5] + [5, -5] * 5 + [5], "pattern"),
    ],
)
def test_a_bass_does_what_three_fifths_of_its_moves_do(moves: list[int], does: str) -> None:
    assert len(moves) == 30
    assert part(score([], eighths(moves)), "bass") == does


@pytest.mark.parametrize(
    ("moves", "does"),
    [
        ([2, -2] * 9 + [5, -5] * 6, "running"),
        ([2, -2] * 8 + [2] + [5, -5] * 6 + [5], "ostinato"),
        ([2, -2] * 6 + [5, -5] * 9, "arpeggio"),
    ],
)
def test_a_second_voice_does_what_three_fifths_of_its_moves_do(moves: list[int], does: str) -> None:
    assert len(moves) == 30
    assert part(score(eighths(moves)), "inner") == does


@pytest.mark.parametrize(("delay", "is_echo"), [(1, True), (8, True), (9, False)])
def test_an_echo_follows_within_eight_steps(delay: int, is_echo: bool) -> None:
    late = [(step + delay, 1, pitch) for step, _, pitch in TUNE]
    assert (part(score(late), "inner") == "echo") == is_echo


def test_a_held_part_a_third_below_only_some_notes_does_not_follow_the_tune() -> None:
    assert part(score([(bar, 16, 68) for bar in range(0, 64, 16)]), "inner") == "held"


def test_a_repeated_note_does_not_run() -> None:
    assert part(score([(step, 1, 55) for step in range(64)]), "inner") == "ostinato"


@pytest.mark.parametrize(
    ("chords", "loop", "cadence"),
    [
        ("C F G C", None, "closed"),
        ("C F C G", None, "half"),
        ("C F C G", 0, "turn"),
        ("C F G Am", None, "deceptive"),
        ("C F G F", None, "on F"),
        ("", None, ""),
    ],
)
def test_the_cadence_of_a_phrase_is_read_from_its_notes(
    chords: str, loop: int | None, cadence: str
) -> None:
    (use,) = read_uses(score([], chords=chords, loop=loop), 4)
    assert [(one.start_bar, one.bars, one.cadence) for one in use.phrases] == [(0, 4, cadence)]


def test_a_long_section_has_several_phrases_and_a_short_rest_joins_the_last() -> None:
    long = replace(score([]), bars=9, chords=("C",) * 9, sections=(Section("A", 0, 9),))
    (use,) = read_uses(long, 4)
    assert [(one.start_bar, one.bars) for one in use.phrases] == [(0, 4), (4, 5)]


def test_drums_are_counted_by_the_bar_and_a_lead_with_the_tune_is_not_named() -> None:
    strokes = tuple(DrumStroke(step, "kick", 100) for step in range(0, 64, 8))
    strokes += (DrumStroke(4, "closed_hat", 90),)
    (use,) = read_uses(replace(score(SECOND["held"]), drums=strokes), 4)
    said = ["second voice: held", "bass: pedal", "drums: kick 2, hats 0.2 a bar"]
    assert say_parts(use.parts) == said


GOLDEN = Path(__file__).parents[1] / "golden"


def test_cadences_that_are_read_are_those_of_the_plan() -> None:
    """On the takes of the goldens, which were composed by a plan: nearly all agree."""
    agrees = total = 0
    for name, track in tracks_of(MANIFEST).items():
        text = (GOLDEN / f"scores_{name}.txt").read_text()
        number = int(text.split("\ntake ", 1)[1].split(" ", 1)[0]) - 1
        found = score_from_lines(text[text.index("chipassets score") :].splitlines())
        plan = plan_piece(track, number)
        for use, section in zip(read_uses(found, track.pulse_steps), plan.sections, strict=True):
            planned = {"final": "closed"}.get(
                section.phrases[-1].cadence, section.phrases[-1].cadence
            )
            agrees += use.phrases[-1].cadence == planned
            total += 1
    assert total >= 15
    assert agrees >= 0.8 * total

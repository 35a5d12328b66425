"""Harmony plans: the chords of every bar, as the manifest writes them or drawn by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chipassets.chords import chord_name, degree_chord, parse_chord
from chipassets.compose.form import Part, track_parts
from chipassets.compose.harmonies import Harmony, harmony_of
from chipassets.compose.piece import PiecePlan
from chipassets.motifs import map_pitch
from chipassets.score import Note
from chipassets.trackplan import Progression, TrackPlan
from chipassets.units import STEPS_PER_BEAT

# Degrees 1..7 of the mode, one chord a bar; triads are stacked on the mode's own scale. A section
# that states takes the first kind, one that contrasts (B, C) the second.
_MINOR = ("1637 1765 1465 1641 1474 1375", "6715 4165 3764 6475 4736")
_PROGRESSIONS: dict[str, tuple[str, str]] = {
    "major": ("1564 1645 1425 1345 1415 1625", "4156 6415 4365 2516 6425"),
    "minor": _MINOR,
    "dorian": ("1474 1417 1741 1434", "4171 7417 3741"),
    "phrygian": ("1271 1217 1621 1276", "6271 2171 7612"),
    "lydian": ("1215 1251 1526 1626", "2152 6251 5261"),
    "mixolydian": ("1741 1471 1574 1714", "7414 4175 5741"),
    "locrian": ("1561 1651 1351", "5361 6531"),
    "harmonic minor": ("1451 1645 1415 1655", "4156 6415 4651"),
    "melodic minor": ("1451 1425 1245 1415", "4152 2451 4251"),
    "major pentatonic": ("1616 1651 1561 1565", "6165 5616 6521"),
    "minor pentatonic": ("1317 1371 1743 1437", "3714 7314 4371"),
    "blues": ("1141 1474 1747 1414", "4141 7414 4171"),
}
# In the same two kinds, with chords borrowed from outside the mode.
_COLOURED: dict[str, tuple[str, str]] = {
    "major": ("I V/ii ii V,I bVII IV I,I iii IV iv", "vi V/V V V7,IV iv I V/ii,bVI bVII I V"),
    "minor": ("i bII V i,i IV VII i,i V/iv iv V", "iv V/VII VII V,VI VII I V7,III V/iv iv V7"),
    "mixolydian": ("I v bIII IV,I bVII bVI bVII", "ii V/V v bVII,bIII IV I bVII"),
    "dorian": ("i bII IV i,i V/IV IV VII", "VII bVI V7 i,IV V/V v VII"),
    "phrygian": ("i II I II,i V/iv iv II", "iv V i II,VI V/iv iv II"),
    "lydian": ("I II vii I,I V/vi vi II", "iii V/vi vi II,V vi I II"),
}
_COLOURED_SHARE = 0.45
"""Of the sections whose chords are drawn, how many may borrow one."""

_LEADS_BACK = {
    "phrygian": 2, "mixolydian": 7, "dorian": 7, "lydian": 2, "locrian": 5,
    "minor pentatonic": 7, "blues": 7,
}  # fmt: skip
"""The degree that leads back to the first where the fifth degree's triad does not."""

_FIFTH_DEGREE = 5

Bars = list[tuple[str, ...]]
"""The chords of each bar by name."""


def plan_harmony(track: TrackPlan, plan: PiecePlan, rng: np.random.Generator) -> Harmony:
    """Return the harmony of a take, at the track's own pitch."""
    bars = plan_chords(track, track_parts(track), rng)
    return harmony_of(bars, track.key, track.beats_per_bar * STEPS_PER_BEAT)


def plan_chords(track: TrackPlan, parts: Sequence[Part], rng: np.random.Generator) -> Bars:
    """Return the chords of every bar by name, Roman numerals spelled out in the track's key."""
    bars = _plan_bars(track, parts, rng)
    return [tuple(chord_name(chord, track.key) for chord in bar) for bar in bars]


def _plan_bars(track: TrackPlan, parts: Sequence[Part], rng: np.random.Generator) -> Bars:
    """Each letter of the form has a progression of its own.

    What the manifest writes holds. Of the rest, sections with one letter share what is drawn; each
    section closes on a chord that leads on, the last of a piece that ends on the first degree.
    With a primer or a motif the opening's progression is, of those there are, one that fits it
    best.
    """
    whole = _written(track, "")
    if whole is not None and len(whole.bars) == track.bars:
        return list(whole.bars)
    drawn: dict[str, list[str]] = {}
    bars: Bars = []
    for index, part in enumerate(parts):
        own = _written(track, part.section.name) or _written(track, part.letter) or whole
        if own is not None:
            bars += [own.bars[bar % len(own.bars)] for bar in range(part.section.bars)]
            continue
        letter = parts[index + 1].letter if part.is_edge and index + 1 < len(parts) else part.letter
        if letter not in drawn:
            drawn[letter] = _draw_progression(track, rng, contrast=bool(drawn))
        is_last = index == len(parts) - 1
        bars += [(name,) for name in _closed(track, drawn[letter], part, is_last=is_last)]
        if part.lead_in_steps:
            leading = chord_name(_leading_back(track), track.key)
            closing = [chord_name(chord, track.key) for chord in bars[-1]]
            bars[-1] = tuple(dict.fromkeys((*closing, leading)))
    return bars


def _written(track: TrackPlan, section: str) -> Progression | None:
    found = (own for own in track.progressions if own.section == section)
    return next(found, None)


def _closed(track: TrackPlan, progression: list[str], part: Part, *, is_last: bool) -> list[str]:
    """Return the chord of each bar of a section, its end turned to what comes behind it."""
    bars = part.section.bars
    chords = [progression[bar % len(progression)] for bar in range(bars)]
    if bars == 1 or part.returning_bars == bars:
        return chords
    home = degree_chord(track.key, 1)
    leads_back = _leading_back(track)
    if is_last and not track.loops:
        chords[-1] = home
        if bars > 2:
            chords[-2] = leads_back
    elif is_last or part.is_edge:
        chords[-1] = leads_back
    elif part.returning_bars:
        # The answer to an open first phrase comes home.
        chords[-1] = home
    return chords


def _leading_back(track: TrackPlan) -> str:
    return degree_chord(track.key, _LEADS_BACK.get(track.key.mode, _FIFTH_DEGREE))


def _draw_progression(track: TrackPlan, rng: np.random.Generator, *, contrast: bool) -> list[str]:
    texts = _PROGRESSIONS[track.key.mode][contrast].split()
    candidates = [[degree_chord(track.key, int(digit)) for digit in text] for text in texts]
    coloured = _COLOURED.get(track.key.mode, ("", ""))[contrast]
    if float(rng.random()) < _COLOURED_SHARE and coloured:
        candidates = [text.split() for text in coloured.split(",")]
    opening = _opening(track)
    if opening and not contrast:
        fits = [_fit(track, chords, opening) for chords in candidates]
        candidates = [c for c, fit in zip(candidates, fits, strict=True) if fit == max(fits)]
    return candidates[int(rng.integers(len(candidates)))]


def _opening(track: TrackPlan) -> tuple[Note, ...]:
    if track.primer is not None:
        return track.primer.notes
    motif = track.motifs[0] if track.motifs else None
    return (
        tuple(
            replace(note, pitch=map_pitch(note.pitch, motif.key, track.key)) for note in motif.notes
        )
        if motif
        else ()
    )


def _fit(track: TrackPlan, names: list[str], notes: tuple[Note, ...]) -> int:
    """Return for how many steps notes of the opening sound that belong to their bar's chord."""
    steps_per_bar = track.beats_per_bar * STEPS_PER_BEAT
    chords = [parse_chord(name, track.key).pitch_classes for name in names]
    return sum(
        note.duration_steps
        for note in notes
        if note.pitch % 12 in chords[note.start_step // steps_per_bar % len(chords)]
    )

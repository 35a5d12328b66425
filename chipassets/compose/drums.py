"""The drums: a learned groove for the piece, another for what contrasts, fills by weight.

Fills are small inside a section, larger at its end and largest before the loop closes. Kicks and
the bass belong together: where the bass begins off the beat the kick may join it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from chipassets.compose import piece
from chipassets.compose.avoiding import FILLS, SYNCOPATION
from chipassets.compose.context import Context
from chipassets.compose.grooves import (
    SILENT_GROOVE,
    STYLES,
    DrumBar,
    DrumHit,
    Groove,
    choose_groove,
    groove_named,
    with_hats_of,
)
from chipassets.music.forms import INTRO
from chipassets.music.notes import Note
from chipassets.music.score import DRUM_KINDS, DrumStroke
from chipassets.plan.trackplan import Drums, TrackPlan

_ENERGY = {
    "title": 0.5, "overworld": 0.5, "town": 0.2, "dungeon": 0.2, "battle": 0.6, "boss": 0.65,
    "shop": 0.35, "victory": 0.55, "game_over": 0.1, "credits": 0.35,
}  # fmt: skip
"""How loud and dense each scene's drums are, 0..1; chosen by ear."""

_VARIANT_SHARE = 0.12
_JOIN_SHARE, _JOINS_FROM = 0.4, 0.6
"""How often the kick joins a step on which the bass begins off the beat; and of a letter's bars,
in how many it must begin there."""
_STEADY_UP_TO, _CALM_UP_TO = 0.35, 0.7
_FILLS = (
    {"small": 0.0, "medium": 0.2, "large": 0.7},
    {"small": 0.0, "medium": 0.7, "large": 1.0},
    {"small": 0.25, "medium": 0.9, "large": 1.0},
)
"""How often a phrase closes with a fill of each size: in pieces whose drums are steady, up to the
first place of a draw, calm, up to the second, or eventful. In the first 16 bars of 54 people's
pieces 15 have one pattern of drums, 17 two, 7 three and 15 more."""
_OTHER_HATS = 0.6
"""How often the hats are those of another groove; fills always are: two pieces seldom share their
bars."""
_BREAK_SHARE = 0.35
_ACCENT_SHARE = 0.75
_CRASH = "crash"


def compose_drums(
    track: TrackPlan, context: Context, bass: Sequence[Note]
) -> tuple[DrumStroke, ...]:
    """Return the strokes of a take's drums in order; none where the groove is `none`."""
    style = track.character.groove
    wishes = [track.wished(context.plan.section_at(b).section.name) for b in range(context.bars)]
    if style == "none" and not track.wishes:
        return ()
    grooves = _by_letter(track, context, style)
    strokes: dict[tuple[int, str], int] = {}
    # A groove that the manifest names plays as it is stored: nothing joins it.
    stored = {bar for bar, wish in enumerate(wishes) if _is_learned(wish.drums)}
    for bar in range(context.bars):
        start = bar * context.bar_steps
        for hit in _bar(track, context, bar, grooves, wishes[bar].drums):
            velocity = min(127, max(1, round(hit.velocity * 127)))
            strokes[start + hit.step, hit.kind] = velocity
    for bar in _crash_bars(track, context, grooves):
        strokes[bar * context.bar_steps, _CRASH] = 110
    if SYNCOPATION not in context.plan.avoid:
        _join_kicks(context, bass, strokes, stored)
        _share_accents(context, strokes, stored)
    _write(track, context, grooves, [wish.drums for wish in wishes], strokes)
    _cut(context, [wish.drums for wish in wishes], strokes)
    return tuple(
        DrumStroke(step, kind, strokes[step, kind])
        for step, kind in sorted(strokes, key=lambda at: (at[0], DRUM_KINDS.index(at[1])))
    )


_MARKS = {"x": 100, "X": 124, "o": 64}
"""MIDI velocities of what a written pattern can say."""


def _is_learned(wanted: Drums | None) -> bool:
    """Return whether the manifest names one groove, not a style of which one is drawn."""
    return wanted is not None and wanted.groove not in ("", *STYLES)


def _write(
    track: TrackPlan,
    context: Context,
    grooves: dict[str, Groove],
    wanted: Sequence[Drums | None],
    strokes: dict[tuple[int, str], int],
) -> None:
    """Replace what was composed, except what closes a phrase, by written patterns or silence."""
    for bar, drums in enumerate(wanted):
        if drums is None or (drums.groove and drums.groove != SILENT_GROOVE):
            continue
        groove = grooves[context.plan.section_at(bar).letter]
        if drums.fills and drums.strokes and _closing(track, context, bar, groove, drums):
            continue
        start = bar * context.bar_steps
        into = (bar - context.plan.section_at(bar).section.start_bar) * context.bar_steps
        for at in [at for at in strokes if start <= at[0] < start + context.bar_steps]:
            del strokes[at]
        for kind, pattern in drums.strokes:
            for step in range(context.bar_steps):
                velocity = _MARKS.get(pattern[(into + step) % len(pattern)])
                if velocity:
                    strokes[start + step, kind] = velocity


def _named(track: TrackPlan, context: Context, groove: str) -> Groove:
    """Return the groove that the manifest names, the same for every bar that asks for it."""
    key = ("groove", groove)
    if key not in context.memory:
        energy = _ENERGY.get(track.scene_like or track.scene, 0.5)
        context.memory[key] = (
            choose_groove(context.rng, energy, groove, track.metre)
            if groove in STYLES
            else groove_named(groove)
        )
    found = context.memory[key]
    assert isinstance(found, Groove)  # noqa: S101 - the key is this function's own
    return found


def _by_letter(track: TrackPlan, context: Context, style: str) -> dict[str, Groove]:
    """Return the groove of each letter: one for all, or another for a letter that contrasts."""
    key = "grooves", style
    if key not in context.memory:
        context.memory[key] = _drawn_by_letter(track, context, style)
    found = context.memory[key]
    assert isinstance(found, dict)  # noqa: S101 - the key is this function's own
    return found


def _drawn_by_letter(track: TrackPlan, context: Context, style: str) -> dict[str, Groove]:
    """Draw the groove of each letter."""
    scene = track.scene_like or track.scene
    drive = context.plan.targets.drive
    energy = min(1.0, max(0.0, _ENERGY.get(scene, 0.5) + 0.3 * (drive - 0.5)))
    first = choose_groove(context.rng, energy, style, track.metre)
    hats = choose_groove(context.rng, energy, style, track.metre, frozenset({first.name}))
    if context.draw("other hats") < _OTHER_HATS:
        first = with_hats_of(first, hats)
    first = replace(first, fills=choose_groove(context.rng, energy, style, track.metre).fills)
    found: dict[str, Groove] = {}
    for section in context.plan.sections:
        if section.letter in found:
            continue
        contrasts = section.place > 0 and section.like(piece.DRUMS) == section.letter
        other = energy + 0.3 * (section.intensity - 0.7)
        found[section.letter] = (
            choose_groove(context.rng, other, style, track.metre, frozenset({first.name}))
            if contrasts
            else first
        )
    return found


def _bar(
    track: TrackPlan,
    context: Context,
    bar: int,
    grooves: dict[str, Groove],
    wanted: Drums | None,
) -> DrumBar:
    """Return the drums of a bar: of its groove, a fill, a break, or on the tune's rhythm.

    grooves: by letter. wanted: the manifest's wish.
    """
    section = context.plan.section_at(bar)
    groove = grooves[section.letter]
    if wanted is not None and wanted.groove:
        groove = _named(track, context, wanted.groove)
    closing = _closing(track, context, bar, groove, wanted)
    if closing is not None:
        return closing
    if _is_break(context, bar, wanted):
        return tuple(hit for hit in groove.base[0] if hit.kind.endswith("hat"))
    place = bar - section.section.start_bar
    varies = bool(groove.variants) and _events(context) == len(_FILLS) - 1
    if varies and context.draw("variant", section.letter, place) < _VARIANT_SHARE:
        which = int(context.draw("which", section.letter, place) * len(groove.variants))
        return groove.variants[which]
    return groove.base[place % len(groove.base)]


def _closing(
    track: TrackPlan, context: Context, bar: int, groove: Groove, wanted: Drums | None
) -> DrumBar | None:
    """Return what closes the piece or a phrase in a bar; None if the groove goes on there."""
    if context.ends_piece(bar):
        return tuple(hit for hit in groove.base[0] if hit.step == 0)
    if bar in context.plan.tuttis and (wanted is None or wanted.fills):
        return _together(context, bar)
    fills = FILLS not in context.plan.avoid and (wanted is None or wanted.fills)
    if not fills or not context.closes_phrase(bar) or _is_break(context, bar, wanted):
        return None
    size = _fill_size(track, context, bar)
    if context.draw("fill", bar) < _FILLS[_events(context)][size]:
        return groove.fills.get(size) or groove.base[0]
    return None


def _events(context: Context) -> int:
    """Return how eventful a piece's drums are: the place of its row in `_FILLS`."""
    draw = context.draw("drums change")
    return (draw >= _STEADY_UP_TO) + (draw >= _CALM_UP_TO)


def _together(context: Context, bar: int) -> DrumBar:
    """Return kicks and snares on the tune's notes, the snares off the heavy beats."""
    steps = [note.start_step % context.bar_steps for note in context.bar_notes(bar)]
    heavy = 2 * context.pulse_steps
    return tuple(DrumHit(step, "snare" if step % heavy else "kick", 0.9) for step in steps)


def _is_break(context: Context, bar: int, wanted: Drums | None) -> bool:
    """Return whether only hats play: in thin sections, and at the start of a piece that grows.

    Drums that the manifest asks for play whole.
    """
    if wanted is not None:
        return False
    section = context.plan.section_at(bar)
    if section.section.name == INTRO:
        return context.draw("intro drums") < 0.5
    return section.intensity < 0.5 and context.draw("break", section.letter) < _BREAK_SHARE + 0.3


def _fill_size(track: TrackPlan, context: Context, bar: int) -> str:
    """Return the size of the fill in a bar that closes a phrase."""
    if bar == track.bars - 1 or (bar == track.bars - 2 and not track.loops):
        return "large"
    section = context.plan.section_at(bar).section
    ends_section = bar == section.start_bar + section.bars - 1
    return "medium" if ends_section else "small"


def _crash_bars(track: TrackPlan, context: Context, grooves: dict[str, Groove]) -> Iterable[int]:
    """Yield the bars that begin with a crash: those that open full sections."""
    for section in context.plan.sections:
        groove = grooves[section.letter]
        start = section.section.start_bar
        is_full = section.intensity > 0.6 and groove.energy > 0.25
        if is_full and section.section.name != INTRO and (start > 0 or track.loops):
            yield start


def _join_kicks(
    context: Context,
    bass: Sequence[Note],
    strokes: dict[tuple[int, str], int],
    stored: Collection[int],
) -> None:
    """Let the kick join the bass off the beat, alike in every bar of a letter.

    stored: bars that play a groove as it is.
    """
    letters = [context.plan.section_at(bar).letter for bar in range(context.bars)]
    begins = Counter(
        (letters[bar], step)
        for bar, step in {divmod(note.start_step, context.bar_steps) for note in bass}
        if step % context.pulse_steps
    )
    often = Counter(letters)
    for (letter, step), count in sorted(begins.items()):
        if count < _JOINS_FROM * often[letter]:
            continue
        if context.draw("join", letter, step) >= _JOIN_SHARE:
            continue
        for bar, own in enumerate(letters):
            at = bar * context.bar_steps + step
            taken = {kind for where, kind in strokes if where == at}
            if own != letter or bar in stored or context.closes_phrase(bar):
                continue
            if not taken & {"kick", "snare", "tom", _CRASH} and (at - 1, "kick") not in strokes:
                strokes[at, "kick"] = 84


def _share_accents(
    context: Context, strokes: dict[tuple[int, str], int], stored: Collection[int]
) -> None:
    """Add drums on the syncopations of each letter's cell, in the same places of every bar.

    stored: bars that play a groove as it is.
    """
    half = context.pulse_steps // 2
    for bar in range(context.bars):
        if bar in stored or context.closes_phrase(bar):
            continue
        for note in context.main_cell(context.plan.section_at(bar).letter).notes:
            crosses = note.step % context.pulse_steps and note.steps > half
            at = bar * context.bar_steps + note.step
            if not crosses or context.draw("accent", note.step) > _ACCENT_SHARE:
                continue
            if not any((at, kind) in strokes for kind in ("kick", "snare", _CRASH)):
                strokes[at, "snare" if note.step % context.pulse_steps == half else "kick"] = 72


def _cut(
    context: Context, wanted: Sequence[Drums | None], strokes: dict[tuple[int, str], int]
) -> None:
    """Remove drums before they enter, and in bars where only a primer plays.

    If the manifest sets the drums, they enter at once.
    """
    for at in list(strokes):
        bar = at[0] // context.bar_steps
        waits = context.plan.waits(piece.DRUMS, bar) and wanted[bar] is None
        if bar in context.muted or waits:
            del strokes[at]

"""The harmony of a take: what the manifest writes, and phrases drawn from the learned changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from chipassets.compose import piece
from chipassets.compose.cycles import chords_from
from chipassets.compose.form import track_parts
from chipassets.compose.harmonies import Harmony, harmony_of
from chipassets.compose.harmonized import Wanted, harmonize
from chipassets.compose.harmony_model import sample_phrase
from chipassets.compose.melody import sung_from
from chipassets.compose.motif import state_motifs
from chipassets.compose.piece import Phrase, PiecePlan, SectionPlan
from chipassets.music.chords import chord_name, parse_chord
from chipassets.music.forms import INTRO
from chipassets.music.keys import Key
from chipassets.music.motifs import fitted_pitch
from chipassets.music.notes import LEAD, Note
from chipassets.plan.trackplan import Progression, TrackPlan
from chipassets.units import OCTAVE

_CADENCES = {
    piece.HALF: "half",
    piece.CLOSED: "closed",
    piece.DECEPTIVE: "deceptive",
    piece.TURN: "turn",
    piece.FINAL: "closed",
}
_TRIES = 4
"""Phrases that are drawn for an opening that a motif or a primer settles; the best fit is kept."""

_VAMP_FROM, _LONG_VAMP_FROM = 0.62, 0.85
"""From these wishes on a phrase stays on the chords of two bars, and of four."""

_MOST_COLOUR = {"phrygian": 0.2, "locrian": 0.2, "dorian": 0.3, "mixolydian": 0.4}
"""Modes whose own tones are colour enough: more of it and the home key is lost."""

_MODAL_SHARE = 0.3
"""Of closed cadences, how many go by the mode's own neighbour instead of the dominant."""

Bars = list[tuple[str, ...]]
"""The chords of each bar, as numerals or names."""


def plan_harmony(track: TrackPlan, plan: PiecePlan, rng: np.random.Generator) -> Harmony:
    """Return the harmony of a take, at the track's own pitch.

    What the manifest writes holds. Of the rest, bars that return bring their chords along, and
    each phrase is drawn to close as its cadence asks, in the key of its section; the last bar
    before home comes back stands in home's key.
    """
    steps = track.steps_per_bar
    whole = _written(track, "")
    keys = [bar_key(track, plan, bar) for bar in range(track.bars)]
    bars: Bars = []
    if whole is not None and len(whole.bars) == track.bars:
        bars = list(whole.bars)
    else:
        for section in plan.sections:
            own = _written(track, section.section.name) or _written(track, section.letter) or whole
            if own is not None:
                bars += [own.bars[bar % len(own.bars)] for bar in range(section.section.bars)]
            else:
                first = len(bars)
                _draw_section(track, plan, section, bars, rng)
                if steps in _UNEVEN:
                    bars[first:] = [
                        _one_chord(plan, first + at, bar) for at, bar in enumerate(bars[first:])
                    ]
    named = [
        tuple(dict.fromkeys(chord_name(name, key) for name in bar))
        for bar, key in zip(bars, keys, strict=True)
    ]
    return harmony_of(named, keys, track.key, steps)


def bar_key(track: TrackPlan, plan: PiecePlan, bar: int) -> Key:
    """Return the key in which a bar stands: its section's, in the section's last bar home's."""
    section = plan.section_at(bar).section
    if track.link and track.link.start and bar < track.bars - 1:
        return track.link.start
    if track.melody_of(section.name) is not None or track.wished(section.name).key is not None:
        return plan.section_at(bar).key
    is_last = bar == section.start_bar + section.bars - 1
    return track.key if is_last else plan.section_at(bar).key


def _written(track: TrackPlan, section: str) -> Progression | None:
    """Return the progression that the manifest gives a section; None without one."""
    found = (own for own in track.progressions if own.section == section)
    return next(found, None)


_UNEVEN = (14, 18, 20)
"""Steps of bars that have no half: 7/8, 9/8 and 5/4."""


def _one_chord(plan: PiecePlan, bar: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the one of two chords that a bar keeps if it cannot be halved.

    That is the first one, or the second in a phrase's last bar, whose cadence it completes.
    """
    phrase = plan.phrase_at(bar)
    return names[-1:] if bar == phrase.start_bar + phrase.bars - 1 else names[:1]


def _draw_section(
    track: TrackPlan,
    plan: PiecePlan,
    section: SectionPlan,
    bars: Bars,
    rng: np.random.Generator,
) -> None:
    """Append the chords of a section whose chords the manifest does not give.

    Returning bars keep their chords. Phrases under a melody are harmonized; other phrases are
    drawn, and drawn again if one chord lasts too long.
    """
    for phrase in section.phrases:
        kept = min(
            phrase.bars,
            max(0, section.returning_bars - (phrase.start_bar - section.section.start_bar)),
        )
        source = section.source_bar + phrase.start_bar - section.section.start_bar
        bars += [bars[source + index] for index in range(kept)]
        left = phrase.bars - kept
        if not left:
            continue
        sung = sung_from(track, plan, len(bars), left)
        if sung:
            bars += harmonize(
                rng,
                section.key,
                sung,
                left,
                track.steps_per_bar,
                Wanted(
                    bars[-1][-1] if kept else None,
                    _CADENCES[phrase.cadence],
                    plan.targets.chromatic if track.chromatic_share else 0.0,
                    _rhythm(plan, section),
                    track.pulse_steps,
                ),
            )
            continue
        best: tuple[int, Bars] | None = None
        for attempt in range(_TRIES):
            drawn = [*bars, *_drawn_bars(track, plan, section, phrase, kept, bars, rng)]
            closing = drawn[-2:]
            if attempt == 0:
                _vamp(plan, phrase.start_bar, kept, drawn)
            _repeat_chords(plan, phrase.start_bar, drawn, rng)
            for bar in range(phrase.start_bar + kept, phrase.start_bar + phrase.bars):
                again = chords_from(plan, bar)
                if again is not None:
                    drawn[bar] = drawn[again]
            _prepare_goal(track, plan, section, drawn, closing)
            stays = _longest_stay(track, plan, drawn, phrase.start_bar)
            if best is None or stays < best[0]:
                best = stays, drawn
            if stays <= _LONGEST_STAY:
                break
        assert best is not None  # noqa: S101 - there is one try at least
        bars[:] = best[1]


_DOMINANT = 7
_ON_TONIC = (piece.CLOSED, piece.FINAL)
"""Cadences that are none without the chord that leads into their last one."""


def _prepare_goal(
    track: TrackPlan, plan: PiecePlan, section: SectionPlan, bars: Bars, closing: Bars
) -> None:
    """Give a phrase that closes the chord before its goal back, if other bars' chords replaced it.

    `bars` is changed in place; it ends with the phrase. closing: the phrase's last two bars as they
    were drawn. The chord takes the second half of the bar before the goal or, if that bar belongs
    to a cycle, the first half of the goal's. A goal in a cycle has the cycle's chords. The last
    chord of a piece that plays once fills its bar, and is led into before it.
    """
    last = len(bars) - 1
    cadence = plan.phrase_at(last).cadence
    if cadence not in _ON_TONIC or len(closing) < 2 or track.steps_per_bar in _UNEVEN:
        return
    if chords_from(plan, last) is not None or section.is_still:
        return
    leads = closing[0][-1]
    if len(bars[last]) > 1:
        if cadence != piece.FINAL:
            return
        leads, bars[last] = bars[last][-2], bars[last][-1:]
    if bars[last - 1][-1] == leads:
        return
    if chords_from(plan, last - 1) is None:
        bars[last - 1] = (bars[last - 1][0], leads)
    else:
        bars[last] = (leads, *bars[last])


_LONGEST_STAY = 2
"""Bars for which one chord may stand before the phrase is drawn again: a drone needs a reason."""


def _longest_stay(track: TrackPlan, plan: PiecePlan, bars: Bars, start: int) -> int:
    """Return the most bars for which one chord lasts, counted from two bars before `start`."""
    longest, stays = 0, 0
    before: frozenset[int] | None = None
    for bar in range(max(0, start - 2), len(bars)):
        tones = [
            frozenset(parse_chord(name, bar_key(track, plan, bar)).pitch_classes)
            for name in bars[bar]
        ]
        stays = stays + 1 if tones[0] == before and len(set(tones)) == 1 else len(set(tones)) == 1
        before = tones[-1]
        longest = max(longest, stays)
    return longest


def _drawn_bars(
    track: TrackPlan,
    plan: PiecePlan,
    section: SectionPlan,
    phrase: Phrase,
    kept: int,
    bars: Bars,
    rng: np.random.Generator,
) -> Bars:
    """Return chords for the bars of a phrase after its first `kept` bars; those end `bars`."""
    first = bars[-1][-1] if kept else _opening_chord(track, section, phrase.start_bar, rng)
    length = phrase.bars - kept + bool(kept)
    drawn = _draw_phrase(track, plan, length, first, phrase.cadence, rng, len(bars))
    if bars and section.key != track.key and phrase.start_bar == section.section.start_bar:
        others = [
            _draw_phrase(track, plan, length, None, phrase.cadence, rng, len(bars))
            for _ in range(_TRIES - 1)
        ]
        key_before = bar_key(track, plan, len(bars) - 1)
        left_chord = parse_chord(bars[-1][-1], key_before).pitch_classes
        drawn = max(
            (drawn, *others),
            key=lambda chords: _shared(left_chord, chords[0][0], section.key),
        )
    away = section.key != track.key and _closes(section, phrase)
    closes = phrase.cadence in _ON_TONIC and not section.is_still
    if closes and (away or (length == 2 and len(drawn[-1]) == 1)):
        # One bar has to lead home, or from a bar that returns to its goal: with both chords.
        key = track.key if away else section.key
        before = _root(first if kept and first else drawn[-length][-1], key)
        if away or before != (key.tonic + _DOMINANT) % OCTAVE:
            closing = _draw_phrase(track, plan, 2, None, phrase.cadence, rng, len(bars), key)
            way = tuple(name for bar in closing for name in bar)[-2:]
            drawn = [*drawn[:-1], way if away or before != _root(way[0], key) else drawn[-1]]
    elif away:
        # The way home: the last bar is drawn in home's key.
        home = _draw_phrase(track, plan, 2, None, phrase.cadence, rng, len(bars), track.key)
        drawn = [*drawn[:-1], home[-1]]
    return drawn[bool(kept) :]


def _root(name: str, key: Key) -> int:
    return parse_chord(name, key).root


def _shared(before: Collection[int], chord: str, key: Key) -> int:
    """Return the number of tones that two chords share, at most two.

    before: the pitch classes of the first chord. chord: the second, in `key`.
    """
    return min(2, len(set(before) & set(parse_chord(chord, key).pitch_classes)))


def _closes(section: SectionPlan, phrase: Phrase) -> bool:
    """Return whether a phrase ends its section."""
    return phrase.start_bar + phrase.bars == section.section.start_bar + section.section.bars


def _vamp(plan: PiecePlan, start: int, kept: int, bars: Bars) -> None:
    """Repeat the first two or four chords of a phrase up to its last bar, if the piece favours
    vamps.

    `bars` is changed in place. kept: how many of the phrase's bars return from earlier.
    """
    phrase = plan.phrase_at(start)
    if kept or phrase.bars < 3 or plan.targets.vamp < _VAMP_FROM:
        return
    length = 2 if plan.targets.vamp < _LONG_VAMP_FROM else 4
    for index in range(length, phrase.bars - 1):
        bars[start + index] = bars[start + index % length]


def _opening_chord(
    track: TrackPlan, section: SectionPlan, start: int, rng: np.random.Generator
) -> str | None:
    """Return the chord on which a section opens, or None to leave it to the draw.

    It is the tonic, in nine of ten cases at the start of a section of the first letter, in one of
    four elsewhere, and always in an intro.
    """
    opens = start == section.section.start_bar
    share = 0.9 if section.place == 0 and opens else 0.25
    return (
        _tonic(track.key) if float(rng.random()) < share or section.section.name == INTRO else None
    )


def _tonic(key: Key) -> str:
    return "i°" if key.mode == "locrian" else "i" if key.is_minor else "I"


def _draw_phrase(
    track: TrackPlan,
    plan: PiecePlan,
    bars: int,
    first: str | None,
    cadence: str,
    rng: np.random.Generator,
    start: int,
    key: Key | None = None,
) -> Bars:
    """Return chords for `bars` bars that end with the cadence, in the key of their section.

    first: the chord to begin on, None to draw one. start: the first bar. key: another key than the
    section's, None for that. Of several draws the one is taken that fits notes that the manifest
    fixes best.
    """
    targets = plan.targets
    word = _CADENCES[cadence]
    modal = cadence == piece.CLOSED and track.key.mode not in ("major", "minor", "harmonic minor")
    if word == "closed" and float(rng.random()) < (_MODAL_SHARE if modal else 0.1):
        word = "modal" if track.key.mode != "lydian" else "plagal"
    opening = _opening(track, start, bars)
    section = plan.section_at(start)
    key = section.key if key is None else key
    mode, rhythm = key.mode, _rhythm(plan, section)
    most = _MOST_COLOUR.get(mode, 0.95)
    colour = min(most, 0.25 + 0.55 * targets.chromatic) if track.chromatic_share else 0.0

    def draw() -> Bars:
        """Return one draw; without a way from `first` to the cadence, the demands are relaxed."""
        for chord, close in ((first, word), (None, word), (None, "open")):
            try:
                found = sample_phrase(rng, mode, bars, chord, close, colour, rhythm)
            except ValueError:
                # The learned changes know no way from this chord to this close in so few bars.
                continue
            return _on_stepping_basses(found, key)
        return [(first or _tonic(track.key),)] * bars

    drawn = [draw() for _ in range(_TRIES if opening else 1)]
    if len(drawn) == 1:
        return drawn[0]
    return max(drawn, key=lambda phrase: _fit(track, phrase, opening))


def _rhythm(plan: PiecePlan, section: SectionPlan) -> float:
    """Return how readily a bar of a section has two chords, from 0 to 1."""
    return 0.0 if section.is_still else plan.targets.changes


def _on_stepping_basses(bars: Sequence[tuple[str, ...]], key: Key) -> Bars:
    """Return chords in which an inversion remains only if its bass moves by step.

    The first and the last chord of a phrase are in root position.
    """
    names = [name for bar in bars for name in bar]
    basses = [parse_chord(name, key).bass for name in names]
    kept: list[str] = []
    for index, name in enumerate(names):
        stem, _, figure = name.rpartition("/")
        near = basses[max(0, index - 1) : index] + basses[index + 1 : index + 2]
        steps = any((basses[index] - bass) % OCTAVE in _STEPS for bass in near)
        steps = steps and 0 < index < len(names) - 1
        kept.append(name if steps or not figure.isdigit() else stem)
    ends = np.cumsum([len(bar) for bar in bars]).tolist()
    return [tuple(kept[end - len(bar) : end]) for end, bar in zip(ends, bars, strict=True)]


_STEPS = (1, 2, OCTAVE - 2, OCTAVE - 1)


def _repeat_chords(plan: PiecePlan, start: int, bars: Bars, rng: np.random.Generator) -> None:
    """Give each bar of a phrase that copies an earlier bar that bar's chords, mostly.

    `bars` is changed in place; the more literal the piece, the likelier it is.
    """
    phrase = plan.phrase_at(start)
    for index, slot in enumerate(phrase.slots[:-1]):
        bar = start + index
        again = slot.kind == piece.COPY and slot.source < bar < len(bars)
        if again and float(rng.random()) < 0.6 + 0.4 * plan.targets.literal:
            bars[bar] = bars[slot.source]


def _opening(track: TrackPlan, start: int, bars: int) -> tuple[Note, ...]:
    """Return the notes that the manifest fixes in a phrase's bars.

    Steps count from the phrase's start. At the start of the piece these are the primer's or a
    motif's, elsewhere those of motifs in other voices than the tune's, to which the tune cannot
    adapt.
    """
    if start == 0 and track.primer is not None:
        return track.primer.notes
    motif = next((motif for motif in track.motifs if not motif.section), None)
    if start == 0 and motif is not None:
        return tuple(
            replace(note, pitch=fitted_pitch(note.pitch, motif, track.key)) for note in motif.notes
        )
    if all(motif.part == LEAD for motif in track.motifs):
        return ()
    first, last = start * track.steps_per_bar, (start + bars) * track.steps_per_bar
    return tuple(
        replace(note, start_step=note.start_step - first)
        for said in state_motifs(track, track_parts(track))
        for note in said.notes
        if said.part != LEAD and first <= note.start_step < last
    )


def _fit(track: TrackPlan, bars: Bars, notes: tuple[Note, ...]) -> int:
    """Return for how many steps the given notes sound that belong to their chord."""
    steps = track.steps_per_bar
    total = 0
    for note in notes:
        bar, step = divmod(note.start_step, steps)
        names = bars[bar % len(bars)]
        chord = parse_chord(names[step * len(names) // steps], track.key)
        total += note.duration_steps * (note.pitch % OCTAVE in chord.pitch_classes)
    return total

"""Apply the manifest's wishes for single sections to the piece plan: density and register."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chipassets.compose import ideas, piece
from chipassets.compose.avoiding import avoided_textures
from chipassets.compose.piece import Phrase, SectionPlan, Slot
from chipassets.compose.targets import onsets_for
from chipassets.music.notes import BASS, INNER
from chipassets.plan.trackplan import TrackPlan, Wish

_ONSETS_INNER: Mapping[str, float] = {
    ideas.SILENT: 0.0, ideas.HELD: 0.26, ideas.COUNTER: 0.81, ideas.DUET: 0.85, ideas.OFFBEAT: 0.99,
    ideas.STABS: 1.25, ideas.OSTINATO: 1.65, ideas.ARPEGGIO: 1.65, ideas.RUNNING: 3.62,
}  # fmt: skip
_ONSETS_BASS: Mapping[str, float] = {ideas.LONG: 0.31, ideas.PATTERN: 1.09, ideas.WALKING: 0.99}
"""Notes a beat of roles of second voice and bass: means of three tracks of eight bars in 4/4."""
_LEAST_TUNE, _TUNE_SHARE = 1.0, 0.36
"""Notes a beat of the sparsest tune that is composed, and the tune's share of all notes."""
_BROAD_UP_TO = 1.6
"""Up to these notes a beat the tune goes in long notes in every other bar."""
_CHOICE = 0.12
"""A role stays if it misses the wanted density by at most this number of notes a beat."""


def onsets_of(track: TrackPlan, sections: Sequence[SectionPlan]) -> Mapping[str, float]:
    """Return the tune's notes per bar in letters whose density the manifest sets."""
    found: dict[str, float] = {}
    for section in sections:
        wanted = track.wished(section.section.name).density
        if wanted is not None:
            found.setdefault(section.letter, onsets_for(wanted.middle, track.beats_per_bar))
    return found


def roles_of(wish: Wish, roles: Mapping[str, str], avoid: Collection[str]) -> dict[str, str]:
    """Return roles of second voice and bass that, with the tune, are as dense as a wish asks.

    Roles that the manifest sets stay; other roles stay too if they are as good.
    """
    if wish.density is None:
        return {}
    wanted = wish.density.middle
    tune = max(_LEAST_TUNE, _TUNE_SHARE * wanted)
    said = roles[INNER], roles[BASS]

    def misses(pair: tuple[tuple[str, float], tuple[str, float]]) -> float:
        """Return how far a pair of roles misses the wanted density, less for roles that stay."""
        (second, above), (low, below) = pair
        kept = (second == said[0]) + (low == said[1])
        return abs(tune + above + below - wanted) - _CHOICE * wanted * kept

    (second, _), (low, _) = min(estimated_pairs(wish, roles, avoid, tune), key=misses)
    return {INNER: second, BASS: low}


def estimated_pairs(
    wish: Wish, roles: Mapping[str, str], avoid: Collection[str], tune: float
) -> list[tuple[tuple[str, float], tuple[str, float]]]:
    """Return pairs of roles for second voice and bass, each with an estimate of notes per beat.

    tune: the tune's notes per beat, which some roles follow.
    """
    of_inner = {**_ONSETS_INNER, **dict.fromkeys((ideas.THIRDS, ideas.UNISON, ideas.ECHO), tune)}
    out = avoided_textures(avoid)
    inner = [wish.texture] if wish.texture else [role for role in of_inner if role not in out]
    basses = [roles[BASS]] if wish.bass or wish.bass_line else list(_ONSETS_BASS)
    usual = _ONSETS_BASS[ideas.PATTERN]
    return [
        ((second, of_inner[second]), (low, _ONSETS_BASS.get(low, usual)))
        for second in inner
        for low in basses
    ]


def broadened(track: TrackPlan, sections: Sequence[SectionPlan]) -> tuple[SectionPlan, ...]:
    """Return the sections; in sparse ones the tune has long notes in every other bar."""
    return tuple(
        replace(section, phrases=tuple(map(_broad, section.phrases)))
        if is_sparse(track, section)
        else section
        for section in sections
    )


def is_sparse(track: TrackPlan, section: SectionPlan) -> bool:
    """Return whether the manifest asks for so few notes in a section that long notes are needed."""
    wanted = track.wished(section.section.name).density
    return wanted is not None and wanted.middle <= _BROAD_UP_TO


def stilled(track: TrackPlan, section: SectionPlan) -> SectionPlan:
    """Return the section with as few notes as can be."""
    kind = piece.REST if track.may_hold(section.section.name) else piece.BROAD
    phrases = (_in_long_notes(phrase, range(1, phrase.bars), kind) for phrase in section.phrases)
    return replace(section, phrases=tuple(phrases), is_still=True)


def led_by_tune(track: TrackPlan, section: SectionPlan) -> SectionPlan:
    """Return the section with a tune that moves in every bar, if no other voice does.

    Not where so few notes are wanted that whole bars stand still.
    """
    if not section.is_led_by_tune or track.may_hold(section.section.name):
        return section
    phrases = tuple(
        replace(phrase, slots=tuple(map(_moving, phrase.slots))) for phrase in section.phrases
    )
    return replace(section, phrases=phrases)


def _moving(slot: Slot) -> Slot:
    """Return the slot with a phrase of the main idea in place of a rest."""
    return replace(slot, kind=piece.MAIN) if slot.kind == piece.REST else slot


def _broad(phrase: Phrase) -> Phrase:
    return _in_long_notes(phrase, range(1, phrase.bars, 2), piece.BROAD)


def _in_long_notes(phrase: Phrase, bars: range, kind: str) -> Phrase:
    """Return the phrase with the slots of these bars changed to a kind.

    Slots that the form needs, such as rests and cadences, stay.
    """
    own = (piece.MAIN, piece.ANSWER, piece.FRAGMENT, piece.INVERSION, piece.BROAD)
    slots = tuple(
        replace(slot, kind=kind) if slot.kind in own and index in bars else slot
        for index, slot in enumerate(phrase.slots)
    )
    return replace(phrase, slots=slots)


def in_registers(
    track: TrackPlan, sections: Sequence[SectionPlan], centre: float
) -> tuple[SectionPlan, ...]:
    """Return the sections with tunes moved into the registers that the manifest sets."""
    found = []
    for section in sections:
        wanted = track.wished(section.section.name).register
        if wanted is not None:
            lift = round(wanted.middle - centre)
            section = replace(section, lift=lift, register=(wanted.low, wanted.high))
        found.append(section)
    return tuple(found)

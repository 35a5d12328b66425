"""Planning: the piece plan of a track, drawn by its seed from what suits scene and moods."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from chipassets.compose import ideas, piece
from chipassets.compose.aims import with_aims
from chipassets.compose.avoiding import (
    FILLS,
    MODULATION,
    STOPS,
    allowed_roles,
    without_avoided,
)
from chipassets.compose.breaths import CELLS, PHRASE_BARS, draw_breath, phrase_bars, words_of
from chipassets.compose.cycles import INDEPENDENT
from chipassets.compose.entries import draw_entries, opened
from chipassets.compose.form import Part, track_parts
from chipassets.compose.ideas import IDEAS, Idea
from chipassets.compose.piece import Cycle, Phrase, PiecePlan, SectionPlan, Slot, Targets
from chipassets.compose.targets import draw_targets
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.compose.wanted import broadened, in_registers, is_sparse, onsets_of, roles_of
from chipassets.music.forms import INTRO, OUTRO
from chipassets.music.keys import Key
from chipassets.music.motifs import LITERAL
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.plan.links import BRIDGE
from chipassets.plan.trackplan import TrackPlan
from chipassets.seeds import derive_rng
from chipassets.units import OCTAVE

_BASS_UNDER_TUNE, _LOWEST_BASS = 23, 31
"""Semitones from where the bass begins to the middle of the tune, and how low it may begin."""
_LOWEST_CENTRE = 71.5
"""MIDI pitch below which the middle of a tune would lie among its accompaniment."""

_WORDS = {
    "a": piece.MAIN, "b": piece.ANSWER, "f": piece.FRAGMENT, "i": piece.INVERSION,
    "g": piece.BROAD, "h": piece.REST, "M": piece.GESTURE, "N": piece.REPLY, "-": piece.GOES_ON,
}  # fmt: skip
# What "h" comes to: a bar in which the tune holds or rests and another voice leads.

_PEAK_FROM, _PEAK_TO = 0.6, 0.85
"""Where in a piece its highest note stands."""

_LIFTS = (4, 5, 5, 7, 7, 9, 9)
_OCTAVE_SHARE, _NARROW = 0.35, 20.0
"""Semitones by which a section that contrasts is raised."""

_VARIED_BAR, _VARIED_SHARE = 2, 0.65
"""Of a section that comes again with another end, the bar that may change too, and how often."""

_STOP_SHARE, _PICKUP_SHARE = 0.6, 0.35


def plan_piece(track: TrackPlan, take: int) -> PiecePlan:
    """Return the plan of a take (from 0) of a track: the idea is the track's, the rest is drawn."""
    idea = draw_idea(track)
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "plan", take)
    parts = track_parts(track)
    targets = draw_targets(track, idea, rng)
    targets = with_aims(targets, track.sounds_like, track.beats_per_bar)
    targets = without_avoided(targets, track.avoid)
    cycle = _draw_cycle(track)
    sections = _sections(track, parts, idea, targets, cycle, rng)
    fresh = _fresh_bars(sections)
    peak_bar = _peak_bar(fresh, track.bars, rng)
    register = track.character.lead_pitch
    centre = register.low + (register.high - register.low) * targets.high
    centre = max(centre, min(_LOWEST_CENTRE, register.high))
    peak = round(centre + 0.55 * targets.span)
    # Each voice has a lane of its own: under a low tune the bass lies lower.
    floor = max(_LOWEST_BASS, min(targets.bass_floor, round(centre) - _BASS_UNDER_TUNE))
    targets = replace(targets, bass_floor=floor)
    closes = [p.start_bar + p.bars - 1 for s in sections for p in s.phrases]
    entries = draw_entries(track, idea, sections, rng)
    sections = opened(track, sections, LEAD in entries)
    return PiecePlan(
        idea=idea.name,
        sections=in_registers(track, broadened(track, sections), centre),
        onsets=onsets_of(track, sections),
        targets=targets,
        centre=centre,
        peak_bar=peak_bar,
        peak=peak,
        stops=_stops(track, closes, targets.air, rng),
        pickups=_pickups(track, closes, sections, rng),
        entries=entries,
        tuttis=_tuttis(track, closes, idea, rng),
        avoid=frozenset(track.avoid),
        cycle=cycle,
    )


_CYCLE_SHARE, _TURNS_SHARE, _ONE_CYCLE_SHARE = 0.2, 0.1, 0.1
"""How often an accompaniment comes again, how often it turns, and how often all sections have one.
In the first 16 bars of 73 people's pieces half of the basses have five different bars or fewer.
Takes that turned were marked 0.4 points lower than those that come again without a turn."""


def _draw_cycle(track: TrackPlan) -> Cycle | None:
    """Return the cycle that a track's seed draws, for all its takes, or None.

    None if the manifest sets a density, which bars of their own meet more closely.
    """
    if any(wish.density is not None for wish in track.wishes):
        return None
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "cycle")
    comes_again, turns, is_one = rng.random(3).tolist()
    if comes_again >= _CYCLE_SHARE:
        return None
    alone = is_one < _ONE_CYCLE_SHARE
    return Cycle(turns=turns < _TURNS_SHARE and not alone, is_one=alone)


_RELATED = (5, 7)
"""Semitones from the home key to one of its own mode in which a section may stand."""
_MODULATES = (0.4, 0.55)
_TO_PARALLEL, _TO_RELATIVE = 0.5, 0.93
"""How often a section has its own key, and how much oftener in the most chromatic piece; and up to
which place of a draw that is the parallel key, and from there up to which the relative one."""


_STAYS_IN_MODE = 0.6
"""How often a section of another mode than major and minor stays at home after all. Takes that went
a fourth or a fifth away were marked 0.3 points lower than those in the parallel key."""


def _section_key(
    track: TrackPlan, place: int, part: Part, targets: Targets, rng: np.random.Generator
) -> Key:
    """Return the key of a letter: home, or for what contrasts sometimes another one.

    The parallel mode keeps the tonic; others move it. Never where the manifest writes the chords,
    nor where it wants no tones from outside the key.
    """
    draw, which = float(rng.random()), float(rng.random())
    home = track.key
    melody = track.melody_of(part.section.name)
    if melody is not None:
        return melody.key if melody.transform == LITERAL else home
    said = track.wished(part.section.name).key
    if said is not None:
        return said
    stays = place == 0 or part.is_edge or part.section.bars < PHRASE_BARS
    if stays or track.progressions or not track.chromatic_share or MODULATION in track.avoid:
        return home
    if draw > _MODULATES[0] + _MODULATES[1] * targets.chromatic:
        return home
    if home.mode in ("major", "minor") and which < _TO_RELATIVE:
        other = "minor" if home.mode == "major" else "major"
        relative = 9 if home.mode == "major" else 3
        return Key((home.tonic + (relative if which >= _TO_PARALLEL else 0)) % OCTAVE, other)
    if which < _STAYS_IN_MODE:
        return home
    shift = _RELATED[int(which * 997) % len(_RELATED)]
    return Key((home.tonic + shift) % OCTAVE, home.mode)


def draw_idea(track: TrackPlan) -> Idea:
    """Return the idea that a track's seed draws from those that suit its scene and moods."""
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "idea")
    words = (track.scene_like or track.scene, *track.preset_moods)
    chances = {
        name: math.fsum(idea.suits.get(word, 0.0) for word in words) for name, idea in IDEAS.items()
    }
    name = weighted(chances, float(rng.random()))
    return IDEAS[name]


def weighted(chances: Mapping[str, float], uniform: float) -> str:
    """Return the name that a uniform number selects, by weight; equal weights if all are 0."""
    names = [name for name, chance in chances.items() if chance > 0] or list(chances)
    sums = np.cumsum([chances[name] or 1.0 for name in names])
    return names[min(int(np.searchsorted(sums / sums[-1], uniform, "right")), len(names) - 1)]


_Item = TypeVar("_Item")


def _pick(items: Sequence[_Item], rng: np.random.Generator) -> _Item:
    return items[int(rng.integers(len(items)))]


def _sections(
    track: TrackPlan,
    parts: Sequence[Part],
    idea: Idea,
    targets: Targets,
    cycle: Cycle | None,
    rng: np.random.Generator,
) -> tuple[SectionPlan, ...]:
    """Return the plans of a piece's sections, each letter with its key, roles and register."""
    letters: list[str] = []
    roles: dict[str, dict[str, str]] = {}
    lifts: dict[str, int] = {}
    likes: dict[str, dict[str, str]] = {}
    keys: dict[str, Key] = {}
    plans: list[SectionPlan] = []
    changes = _changes(rng)
    breath = _breath(track, idea, rng)
    for index, part in enumerate(parts):
        letter = part.letter
        if not part.is_edge and letter not in letters:
            letters.append(letter)
        place = letters.index(letter) if letter in letters else 0
        if letter not in roles:
            roles[letter] = _roles(part, place, idea, roles, targets, cycle, rng)
            keys[letter] = _section_key(track, place, part, targets, rng)
            lifts[letter] = 0 if place == 0 or part.is_edge else _lift(targets, rng)
            likes[letter] = {}
            if place and not part.is_edge:
                changed = changes[(place - 1) % 2]
                goes_on = cycle is not None and cycle.is_one
                kept = [
                    name for name in _CHANGING if name not in changed or (goes_on and name == BASS)
                ]
                likes[letter] = dict.fromkeys(kept, letters[0])
                roles[letter] |= {name: roles[letters[0]][name] for name in kept if name in _PARTS}
        is_last = index == len(parts) - 1
        own = dict(roles[letter])
        returns = part.returning_bars > 0 and part.section.bars >= 2
        comes_back = returns and place == 0 and len(letters) > 1
        if comes_back and rng.random() < _FULL_RETURN:
            own[INNER] = ideas.RUNNING
        elif returns and rng.random() < (_FULLER_IN_CYCLE if cycle else _FULLER):
            # What comes back is at least as full as it was.
            thin = (own[INNER], ideas.SILENT, ideas.HELD)
            own[INNER] = _inner_role(idea, place, thin, targets, cycle, rng)
        wish = track.wished(part.section.name)
        own |= {INNER: wish.texture or own[INNER], BASS: wish.bass or own[BASS]}
        if wish.texture:
            own[piece.ASKED] = INNER
        if wish.density:
            own |= roles_of(wish, own, track.avoid)
        own = allowed_roles(track.avoid, own)
        plans.append(
            SectionPlan(
                section=part.section,
                letter=letter,
                phrases=_phrases(
                    track, part, idea, place, plans, targets, breath, rng, is_last=is_last
                ),
                source_bar=part.source_bar,
                returning_bars=part.returning_bars,
                roles=own,
                key=keys[letter],
                lift=lifts[letter],
                intensity=_intensity(part, place, index, len(parts), idea),
                place=place,
                is_bass_asked=bool(wish.bass),
                bass_line=wish.bass_line,
                is_density_asked=wish.density is not None,
                likes=likes[letter],
            )
        )
    return tuple(plans)


_FULL_RETURN = 0.45
"""How often the second voice breaks chords in 16ths where the first letter comes back after another
one: takes in which it does were marked 0.3 points higher."""
_FULLER, _FULLER_IN_CYCLE = 0.65, 0.3
"""How often the second voice does something else where a section comes back."""
_PARTS = (BASS, INNER)
_CHANGING = (*_PARTS, piece.DRUMS)
_CHANGES = (0.0, 0.05, 0.3)
"""Up to which places of a draw nothing, one or two of `_CHANGING` are new where a letter contrasts.
Takes that kept one of them were marked 0.2 points lower than those in which all change."""


def _changes(rng: np.random.Generator) -> tuple[frozenset[str], frozenset[str]]:
    """Return what changes beside the tune in the sections that contrast, for two letters."""
    found = []
    for _ in range(2):
        draw = float(rng.random())
        count = sum(draw > place for place in _CHANGES)
        order = [str(name) for name in rng.permutation(_CHANGING)]
        if not set(order[:count]) & set(_PARTS):
            # Over the same bass and second voice nothing contrasts.
            order.sort(key=_PARTS.__contains__, reverse=True)
        found.append(frozenset(order[:count]))
    return found[0], found[1]


def _lift(targets: Targets, rng: np.random.Generator) -> int:
    """Return by how many semitones the tune of a contrasting section is raised."""
    draw, which = float(rng.random()), _pick(_LIFTS, rng)
    return OCTAVE if draw < _OCTAVE_SHARE and targets.span < _NARROW else which


def _intensity(part: Part, place: int, index: int, count: int, idea: Idea) -> float:
    """Return how full a section is, 0 to 1: intro and outro are thin, the last section is full.

    place: the number of other letters before it; index, count: its place among the sections. In the
    idea "drop" the contrasting section is thin, in "build" sections grow steadily.
    """
    if part.is_edge:
        return 0.3 if part.section.name == INTRO else 0.5
    if idea.name == "drop" and place == 1:
        return 0.35
    if idea.name == "build":
        return 0.45 + 0.5 * index / max(1, count - 1)
    rise = 0.15 * (index / max(1, count - 1))
    return min(1.0, 0.65 + rise + 0.15 * (place == 1))


def _roles(
    part: Part,
    place: int,
    idea: Idea,
    others: Mapping[str, Mapping[str, str]],
    targets: Targets,
    cycle: Cycle | None,
    rng: np.random.Generator,
) -> dict[str, str]:
    """Return the role of each part in the sections of a letter.

    others: the roles of the letters before, which the second voice avoids to repeat.
    """
    if part.is_edge:
        edges = (ideas.SILENT, ideas.ARPEGGIO, ideas.OSTINATO)
        inner = ideas.HELD if part.section.name == OUTRO else _pick(edges, rng)
        return {LEAD: "tune", INNER: inner, BASS: ideas.PATTERN}
    taken = {own[INNER] for own in others.values()}
    inner = _inner_role(idea, place, taken, targets, cycle, rng)
    bass = _pick(idea.bass if place == 0 else idea.bass_b, rng)
    moving = inner in (ideas.RUNNING, ideas.ARPEGGIO, ideas.OSTINATO)
    if targets.pace < _SLOW and moving and float(rng.random()) < _LONG_BASS_SHARE:
        bass = ideas.LONG
    return {LEAD: "tune", INNER: inner, BASS: bass}


_SLOW, _FAST = 0.15, 0.75
_LONG_BASS_SHARE = 0.25
"""Of the slowest pieces over a moving second voice, those in which the bass only holds."""
_MANY_SIXTEENTHS = 0.5


def _inner_role(
    idea: Idea,
    place: int,
    taken: Collection[str],
    targets: Targets,
    cycle: Cycle | None,
    rng: np.random.Generator,
) -> str:
    """Return the second voice's role, drawn by weight.

    Roles of the idea, roles that no other letter has, and roles as busy as the piece's pace are
    likelier.
    """
    pace, sixteenths = targets.pace, targets.sixteenths
    own = idea.inner if place == 0 else idea.inner_b
    if pace > _FAST or sixteenths > _MANY_SIXTEENTHS:
        own = (*own, ideas.RUNNING)
    chances = {
        role: (1.6 if role == own[0] else 1.0 if role in own else _OTHER.get(role, _OTHER_ROLES))
        * (1.0 if role not in taken else 0.15)
        * (_IN_CYCLE if cycle and role in INDEPENDENT[INNER] else 1.0)
        * (3.0 if role == ideas.RUNNING and sixteenths > _MANY_SIXTEENTHS else 1.0)
        * _LESS.get(role, 1.0) ** (1 + (place > 0))
        * _BY_PACE ** -abs(ideas.BUSY[role] - (0.1 + 0.9 * pace))
        for role in ideas.INNER_ROLES
    }
    return weighted(chances, float(rng.random()))


_IN_CYCLE = 3.0
"""How much likelier a role that can come again to the note is where the accompaniment does."""
_OTHER: Mapping[str, float] = {ideas.UNISON: 0.0, ideas.THIRDS: 0.15}
"""The same for roles that double the tune, of which little is enough."""
_LESS: Mapping[str, float] = {
    ideas.COUNTER: 0.35, ideas.DUET: 0.28, ideas.HELD: 0.35, ideas.OFFBEAT: 0.3,
    ideas.OSTINATO: 0.3, ideas.STABS: 0.35, ideas.THIRDS: 0.6, ideas.RUNNING: 1.25,
    ideas.ARPEGGIO: 1.1, ideas.ECHO: 1.8,
}  # fmt: skip
"""Roles that readers of takes marked lower than others, in a section that contrasts still more."""
_OTHER_ROLES, _BY_PACE = 0.35, 200.0
"""How likely a role is that the idea does not name, beside one that it does; and by which factor a
role is less likely that is as busy as can be where the piece is as slow as can be."""


def _phrases(
    track: TrackPlan,
    part: Part,
    idea: Idea,
    place: int,
    before: Sequence[SectionPlan],
    targets: Targets,
    breath: str,
    rng: np.random.Generator,
    *,
    is_last: bool,
) -> tuple[Phrase, ...]:
    """Cut a section into phrases; the bars that return are copies, the new ones end anew."""
    section = part.section
    phrases: list[Phrase] = []
    start, end = section.start_bar, section.start_bar + section.bars
    while start < end:
        bars = phrase_bars(end - start, breath)
        closes_section = start + bars == end
        cadence = _cadence(track, part, before, rng, closes_section and is_last, closes_section)
        words = _words(idea, place, bars, targets.literal, breath, rng)
        slots = _slots(part, words, start, cadence, phrases, rng)
        phrases.append(Phrase(start, slots, cadence))
        start += bars
    return tuple(phrases)


def _breath(track: TrackPlan, idea: Idea, rng: np.random.Generator) -> str:
    """Return the one of `BREATHS` by which the phrases of a piece are built.

    It is CELLS if the manifest gives a motif, a melody, a primer or a density, which single bars
    meet more closely, and in metres with an incomplete beat.
    """
    draw = float(rng.random())
    given = bool(track.motifs or track.melodies or track.primer is not None)
    given = given or any(wish.density is not None for wish in track.wishes)
    if given or track.steps_per_bar % track.pulse_steps:
        return CELLS
    return draw_breath(idea.breaths, draw)


def _cadence(
    track: TrackPlan,
    part: Part,
    before: Sequence[SectionPlan],
    rng: np.random.Generator,
    ends_piece: bool,
    ends_section: bool,
) -> str:
    """Return the cadence of a phrase, one of `piece.CADENCES`.

    before: the sections before it. ends_piece, ends_section: whether the phrase is the last one.
    """
    if ends_piece:
        leads_on = track.loops or (track.link is not None and track.link.kind == BRIDGE)
        return piece.TURN if leads_on else piece.FINAL
    if part.section.name == INTRO:
        return piece.HALF
    if not ends_section:
        return piece.HALF
    states_again = part.returning_bars > 0
    contrasts = bool(before) and not states_again
    if states_again:
        return piece.CLOSED if rng.random() < _CLOSES_AGAIN else piece.DECEPTIVE
    half = _STAYS_OPEN if part.section.bars > PHRASE_BARS else _STAYS_OPEN_SHORT
    return piece.HALF if contrasts or rng.random() < half else piece.CLOSED


_CLOSES_AGAIN = 0.9
_STAYS_OPEN, _STAYS_OPEN_SHORT = 0.2, 0.6
"""How often a section that comes again closes, and how often a first one of eight bars or more, or
of four, ends on the dominant. Takes without a close in 16 bars were marked 0.7 points lower."""


def _words(
    idea: Idea, place: int, bars: int, literal: float, breath: str, rng: np.random.Generator
) -> list[str]:
    """Return the word of each bar of a phrase: what the tune does there."""
    if breath != CELLS:
        return words_of(bars, literal, place > 0, rng)
    words = _pick(idea.phrases if place == 0 else idea.phrases_b, rng).split()
    if float(rng.random()) < _LITERAL_SHARE * max(0.0, literal - _LITERAL_FROM):
        words = _said_again(words)
    return {1: ["C"], 2: [words[0], "C"], 3: [words[0], words[2], "C"]}.get(bars, words)


def _slots(
    part: Part,
    words: Sequence[str],
    start: int,
    cadence: str,
    before: Sequence[Phrase],
    rng: np.random.Generator,
) -> tuple[Slot, ...]:
    """Return the slots of a phrase whose words are given.

    start: its first bar. before: the phrases of its section before it. Bars that return become
    copies, and the second phrase of a pair often begins with a copy of the first one's beginning.
    """
    bars = len(words)
    is_late = rng.random() < _VARIED_SHARE
    answers = len(before) % 2 == 1 and bars == before[-1].bars >= PHRASE_BARS and rng.random() < 0.7
    slots: list[Slot] = []
    for index, word in enumerate(words):
        bar = start + index
        offset = bar - part.section.start_bar
        if offset < part.returning_bars:
            varies = offset == _VARIED_BAR and part.section.name.endswith("'") and is_late
            slots.append(Slot(piece.COPY, part.source_bar + offset, varies=varies))
        elif word == "C" or index == bars - 1:
            slots.append(Slot(piece.CADENCE, cadence=cadence))
        elif answers and index < 2:
            # The second phrase of a pair has the first one's head.
            slots.append(Slot(piece.COPY, before[-1].start_bar + index))
        elif word.startswith("="):
            slots.append(Slot(piece.COPY, start + int(word[1:])))
        elif word == "-" and (not slots or slots[-1].kind not in (piece.GESTURE, piece.REPLY)):
            # The gesture's first bar is another one's copy: its second bar stands alone.
            slots.append(Slot(piece.MAIN))
        else:
            slots.append(Slot(_WORDS[word]))
    return tuple(slots)


_LITERAL_FROM, _LITERAL_SHARE = 0.25, 1.0
"""From this wish for literal bars on, a phrase may say a bar again, and how much likelier by it."""


def _said_again(words: Sequence[str]) -> list[str]:
    """Return the words, with the second use of a cell replaced by a copy of its bar."""
    kept = list(words)
    for index in (1, 2):
        word = words[index] if index < len(words) - 1 else ""
        if word in words[:index] and word in _WORDS:
            kept[index] = f"={words.index(word)}"
    return kept


def _fresh_bars(sections: Sequence[SectionPlan]) -> list[int]:
    """Return the bars in which the tune is new and moves."""
    return [
        phrase.start_bar + index
        for section in sections
        for phrase in section.phrases
        for index, slot in enumerate(phrase.slots)
        if slot.kind not in (piece.COPY, piece.CADENCE, piece.REST)
    ]


def _peak_bar(fresh: Sequence[int], bars: int, rng: np.random.Generator) -> int:
    """Return the bar of the piece's highest note: a new bar between 60 and 85 % of the piece.

    If there is none, the new bar nearest to that.
    """
    inside = [bar for bar in fresh if _PEAK_FROM * bars <= bar <= _PEAK_TO * bars]
    if inside:
        return _pick(inside, rng)
    wanted = (_PEAK_FROM + _PEAK_TO) / 2 * bars
    return min(fresh, key=lambda bar: (abs(bar - wanted), bar), default=bars // 2)


def _stops(
    track: TrackPlan, closes: Sequence[int], air: float, rng: np.random.Generator
) -> tuple[int, ...]:
    """Bars at whose end all tonal voices fall silent, before something comes back."""
    inner = [bar for bar in closes if bar < track.bars - 1]
    if STOPS in track.avoid:
        return ()
    if not inner or float(rng.random()) > _STOP_SHARE * (0.5 + air):
        return ()
    return (_pick(inner, rng),)


def _tuttis(
    track: TrackPlan, closes: Sequence[int], idea: Idea, rng: np.random.Generator
) -> tuple[int, ...]:
    """Return bars that close a phrase with all parts in one rhythm: one or two, or none."""
    draw, which = float(rng.random()), _pick(closes, rng)
    again = [bar for bar in closes if (bar - which) % (2 * PHRASE_BARS) == 0]
    return tuple(again[:2]) if draw < idea.tuttis and FILLS not in track.avoid else ()


def _pickups(
    track: TrackPlan,
    closes: Sequence[int],
    sections: Sequence[SectionPlan],
    rng: np.random.Generator,
) -> tuple[int, ...]:
    """Return the bars at whose end a pickup leads into the next phrase: a random draw.

    closes: the last bars of the phrases. Sparse sections have none.
    """
    out = [] if track.loops else [track.bars - 1]
    for part in sections:
        if is_sparse(track, part):
            out += range(part.section.start_bar, part.section.start_bar + part.section.bars)
    return tuple(
        bar
        for bar in closes
        if float(rng.random()) < (_PICKUP_SHARE + 0.25 * (bar == track.bars - 1)) and bar not in out
    )

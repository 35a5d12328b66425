"""Forms: the sections of a track laid out over its bars; default forms are drawn by scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chipassets.music.score import Section

INTRO, OUTRO = "intro", "outro"
EDGES = (INTRO, OUTRO)
"""The sections without letters: before the loop starts, and at the end."""

PHRASE_BARS = 4
_EDGE_BARS, _PAIR = 2, 2
_MOST_SECTIONS = 8

_SONGS = frozenset(("title", "town", "shop", "credits", "victory", "game_over"))


@dataclass(frozen=True, slots=True)
class Form:
    """A named form, which a manifest may use; scenes draw from those that suit them.

    The scenes of songs have restful endings, the others keep moving.
    """

    name: str
    sections: str
    for_songs: bool = True
    for_others: bool = True

    def suits(self, scene: str) -> bool:
        """Return whether a scene may draw it; an unnamed scene counts as one of songs."""
        return self.for_songs if scene in _SONGS or not scene else self.for_others


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("strophe", "A"),
        Form("pair", "A A'"),
        Form("binary", "A B", for_songs=False),
        Form("ternary", "A B A'"),
        Form("barform", "A A' B"),
        Form("song", "A A' B A'", for_others=False),
        Form("alternating", "A B A' B'"),
        Form("refrain", "A A' B A"),
        Form("chant", "A A' A'' B", for_songs=False, for_others=False),
        Form("ballad", "A B C A'"),
        Form("journey", "A B C D", for_songs=False),
        Form("open", "A A' B C", for_songs=False),
        Form("rounded", "A A' B B' A'"),
        Form("rondo", "A A' B A' C"),
        Form("arch", "A B C B' A'"),
        Form("minuet", "A A' B B' A A''"),
        Form("verses", "A A' B A C A'"),
        Form("chain", "A A' B A' C B' A'"),
        Form("medley", "A A' B B' C C' A'"),
        Form("suite", "A A' B A' C C' B A'"),
        Form("march", "A A' B B' A A' C A'"),
    )
}
"""Forms by name. A default form is drawn among those with the number of sections for the length."""


@dataclass(frozen=True, slots=True)
class FormPart:
    """A section as named in a form: a letter with primes, `intro` or `outro`; bars may be open."""

    name: str
    bars: int | None = None

    @property
    def letter(self) -> str:
        """The name without primes."""
        return self.name.rstrip("'")


def natural_form(parts: Sequence[FormPart], melody_bars: Mapping[str, int]) -> tuple[FormPart, ...]:
    """Return the form of a track without a length: every section has its number of bars.

    A section without one is as long as the first of its letter that has one, so that what returns
    returns whole; else as its melody, but at least four bars long, an intro or outro two.

    melody_bars: the bars of written melodies, by the section's name or letter.
    """
    said: dict[str, int] = {}
    for part in parts:
        if part.bars is not None:
            said.setdefault(part.letter, part.bars)
    return tuple(
        part
        if part.bars is not None
        else FormPart(part.name, _natural_bars(part, said, melody_bars))
        for part in parts
    )


def _natural_bars(part: FormPart, said: Mapping[str, int], melody_bars: Mapping[str, int]) -> int:
    """Return the bars of a section that the form leaves open; `said`: those it says, by letter."""
    usual = _EDGE_BARS if part.name in EDGES else PHRASE_BARS
    sung = melody_bars.get(part.name, melody_bars.get(part.letter, 0))
    return said.get(part.letter, max(usual, sung))


def lay_out(parts: Sequence[FormPart], bars: int) -> tuple[Section, ...]:
    """Return the sections laid out over `bars`; ValueError with the reason if they do not fit.

    Open sections share the remaining bars: intro and outro two bars (one in short pieces), the
    letters the rest in pairs of bars, as evenly as possible. Sections of one letter are equally
    long; bars that cannot be shared so extend the last sections. Letters that occur once are
    shortened first; an odd bar goes to the last letter.
    """
    fixed = sum(part.bars or 0 for part in parts)
    open_parts = [index for index, part in enumerate(parts) if part.bars is None]
    rest = bars - fixed
    if rest < len(open_parts):
        raise ValueError(f"its sections need {fixed + len(open_parts)} bars or more")
    if not open_parts and rest:
        raise ValueError(f"its sections add up to {fixed} bars")
    lengths = [part.bars or 0 for part in parts]
    letters = [index for index in open_parts if parts[index].name not in EDGES]
    for index in open_parts:
        if index not in letters:
            lengths[index] = _EDGE_BARS if rest >= _EDGE_BARS * (len(open_parts) + 1) else 1
    left = bars - sum(lengths)
    if letters:
        for index, length in zip(letters, _shares(parts, letters, left), strict=True):
            lengths[index] = length
    elif open_parts:
        lengths[open_parts[-1]] += left
    return _sections(parts, lengths)


def _shares(parts: Sequence[FormPart], letters: list[int], bars: int) -> list[int]:
    """Return the bars of each section: pairs of bars if there are enough, except for the last."""
    unit = _PAIR if bars >= _PAIR * len(letters) else 1
    pairs, odd = divmod(bars, unit)
    each, more = divmod(pairs, len(letters))
    places: dict[str, list[int]] = {}
    for place, index in enumerate(letters):
        places.setdefault(parts[index].letter, []).append(place)
    # All sections of a letter are lengthened together, first the letters that come again: a shorter
    # section is least noticeable if no other section repeats it.
    together: dict[int, list[int]] = {0: []}
    for same in sorted(places.values(), key=lambda same: len(same) == 1):
        for count, chosen in list(together.items()):
            together.setdefault(count + len(same), [*chosen, *same])
    most = max(count for count in together if count <= more)
    lengths = [each * unit] * len(letters)
    # What no letters can share extends the last sections.
    last = range(len(letters) - (more - most), len(letters))
    for place in (*together[most], *last):
        lengths[place] += unit
    lengths[-1] += odd
    return lengths


def _sections(parts: Sequence[FormPart], lengths: Sequence[int]) -> tuple[Section, ...]:
    """Return the parts as sections of these lengths in bars, one after another."""
    sections = []
    start = 0
    for part, length in zip(parts, lengths, strict=True):
        sections.append(Section(part.name, start, length))
        start += length
    return tuple(sections)


_SAID_TWICE = 0.85
"""How often a form says its first section twice in a row: what is heard twice is remembered."""
_RETURNS_EARLY = 0.8
"""How often such a form brings its first section back after one that contrasts: takes that do so
within 16 bars were marked 0.3 points higher than those that say the contrast twice."""


def default_form(
    bars: int, *, loops: bool = True, scene: str = "", draw: float = 0.0
) -> tuple[Section, ...]:
    """Return the sections of a track of `bars`, in order and without gaps.

    `draw`, in [0, 1), chooses among the forms that suit the scene; some have one or two sections
    fewer, which are longer, but never for a draw of 0. A loop of two sections contrasts, because
    the first returns when it loops. Otherwise phrases are four bars long from 8 bars on (8 beyond
    35 bars, 16 beyond 71, …), two in pieces of 4 to 7; shorter pieces are one section, and so are
    those of under 8 bars that play once. Bars left over go to the last section.
    """
    phrase = _phrase_bars(bars) if loops or bars >= 2 * PHRASE_BARS else bars
    count = max(1, bars // phrase)
    choices = [form.sections.split() for form in FORMS.values() if form.suits(scene)]
    fewer = _fewer_sections(draw, count)
    if fewer:
        # Fewer sections, of eight bars, or of six and four, so that not all forms are square.
        fitting = [names for names in choices if len(names) == count - fewer]
        # Where even the shortest section is long, what is said twice takes too long to move on.
        short = bars < 2 * PHRASE_BARS * (count - fewer)
        again = _SAID_TWICE if short else 0.0
        names = _drawn(fitting, draw, again) if count - fewer > 2 or not loops else ["A", "B"]
        parts = [FormPart(name) for name in names]
        if bars % PHRASE_BARS:
            return lay_out(parts, bars)
        return _sections(parts, _long_later(names, bars))
    names = _drawn([names for names in choices if len(names) == count], draw)
    lengths = [phrase] * (len(names) - 1)
    return _sections([FormPart(name) for name in names], [*lengths, bars - sum(lengths)])


_UNEVEN_FROM, _LONG_FROM = 4, 6
_ONE_FEWER, _TWO_FEWER = 0.08, 0.02
"""The shares of forms of at least `_UNEVEN_FROM` sections that have one section fewer, and two.
Two long sections say too little twice: 43 takes so built were marked half a point lower."""
_HALF, _MORE_THAN_HALF = 0.02, 0.15
"""The draws up to which a form of at least `_LONG_FROM` sections has half as many sections, and up
to which it has one more than half: long pieces are made of long sections."""


def _fewer_sections(draw: float, count: int) -> int:
    """Return how many sections fewer than `count` a form has; `draw` is in [0, 1), 0 for none.

    count: as many sections as the length of the piece allows.
    """
    if count < _UNEVEN_FROM or not draw:
        return 0
    # The draw chooses the form as well: its other digits are as good as a draw of their own.
    share = draw * 4 % 1
    if count >= _LONG_FROM and share < _MORE_THAN_HALF:
        return count - count // 2 - (share >= _HALF)
    return 2 if share < _TWO_FEWER else 1 if share < _TWO_FEWER + _ONE_FEWER else 0


def _long_later(names: Sequence[str], bars: int) -> list[int]:
    """Return the number of bars of each section; the longer ones come late.

    names: the sections. If the second repeats the first, both are short, so that the first new
    section begins in the ninth bar where possible.
    """
    phrases, count = bars // PHRASE_BARS, len(names)
    each, more = divmod(phrases, count)
    opening = 2 if names[1:2] == ["A'"] else 0
    order = [*range(opening, count), *range(opening)]
    longer = set(order[:more])
    return [PHRASE_BARS * (each + (place in longer)) for place in range(count)]


def _drawn(choices: Sequence[list[str]], draw: float, again: float = _SAID_TWICE) -> list[str]:
    """Return one of the forms, as lists of section names.

    again: the probability of a form that begins A A'. Of the other forms, those that end with their
    first section are preferred.
    """
    twice = [names for names in choices if names[:2] == ["A", "A'"]]
    returning = [names for names in choices if names[-1].rstrip("'") == names[0].rstrip("'")]
    often = returning or list(choices)
    if not again and any(names not in twice for names in often):
        often = [names for names in often if names not in twice]
    if twice and draw * 16 % 1 < again:
        often = twice
        early = [names for names in twice if names[3:4] and names[3].rstrip("'") == names[0]]
        if early and draw * 64 % 1 < _RETURNS_EARLY:
            often = early
    return often[int(draw * len(often))]


def _phrase_bars(bars: int) -> int:
    """Return the bars of a phrase in a piece of `bars`: 4, doubled for long pieces."""
    if bars < 2 * PHRASE_BARS:
        return 2 if bars >= PHRASE_BARS else max(1, bars)
    phrase = PHRASE_BARS
    while bars // phrase > _MOST_SECTIONS:
        phrase *= 2
    return phrase

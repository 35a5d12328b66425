"""The plan of a piece: what a take aims at, before a note is written.

A piece is a row of sections, a section a row of phrases, a phrase a row of slots: what the tune
does in each bar, the last of them a cadence. Besides the tune, every part has a role by section.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chipassets.compose.ideas import SILENT
from chipassets.music.keys import Key
from chipassets.music.notes import INNER
from chipassets.music.score import Section

# Cadences, by how the phrase closes.
HALF, CLOSED, DECEPTIVE, TURN, FINAL = "half", "closed", "deceptive", "turn", "final"
CADENCES = {
    HALF: "open, on the dominant",
    CLOSED: "closed, on the tonic",
    DECEPTIVE: "open, the tonic avoided",
    TURN: "turns round to the start",
    FINAL: "ends on the tonic",
}

# Slots: what the tune does in a bar.
MAIN, ANSWER, FRAGMENT, INVERSION, BROAD, COPY, REST, CADENCE = (
    "main", "answer", "fragment", "inversion", "broad", "copy", "rest", "cadence",
)  # fmt: skip
GESTURE, REPLY, GOES_ON = "gesture", "reply", "goes on"
"""Slots for two bars: the gesture of the letter, the one that replies, and the second bar of
either."""


DRUMS = "drums"
"""In a section's likes: the drums, which have no entry among the roles."""

ASKED = "asked"
"""In a section's roles: a part that the manifest gave its role, which it keeps in every bar."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What the tune does in a bar: one of the words above.

    source: for COPY the bar that is repeated, counted from the start of the piece; `varies` says
    whether its tail may change. For CADENCE, `cadence` is one of `CADENCES`.
    """

    kind: str
    source: int = -1
    varies: bool = False
    cadence: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A run of bars that ends with a cadence; slots has one entry per bar."""

    start_bar: int
    slots: tuple[Slot, ...]
    cadence: str

    @property
    def bars(self) -> int:
        """The number of bars in the phrase."""
        return len(self.slots)


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section: its letter, its phrases, and what each part does.

    source_bar, returning_bars: the first `returning_bars` bars repeat those from `source_bar`.
    roles: of each part by name. key: the section's key, the piece's own or another. lift:
    semitones by which the tune's register is raised. intensity: 0 (thin) to 1 (full). place: how
    many sections of another letter come before it. register: the lowest and highest pitch of the
    tune, if the manifest sets them. is_bass_asked: whether it sets what the bass does. bass_line: a
    bass that it writes, as in a `Wish`. likes: the letter whose pattern a part keeps, for parts
    that keep another letter's. is_density_asked: whether the manifest sets how many notes a beat
    it has. is_still: whether it therefore has as few as can be: one chord a bar, and a bass that is
    not struck again.
    """

    section: Section
    letter: str
    phrases: tuple[Phrase, ...]
    source_bar: int
    returning_bars: int
    roles: dict[str, str]
    key: Key
    lift: int
    intensity: float
    place: int
    register: tuple[float, float] | None = None
    is_bass_asked: bool = False
    bass_line: tuple[tuple[int, int, int], ...] = ()
    likes: Mapping[str, str] = field(default_factory=dict)
    is_density_asked: bool = False
    is_still: bool = False

    @property
    def is_led_by_tune(self) -> bool:
        """Whether the tune alone moves, as few notes are asked for."""
        return self.is_density_asked and self.roles[INNER] == SILENT

    def like(self, part: str) -> str:
        """Return the letter whose pattern a part, or the drums, plays in this section."""
        return self.likes.get(part, self.letter)

    def role(self, part: str) -> str:
        """Return what a part does in the section."""
        return self.roles[part]


@dataclass(frozen=True, slots=True)
class Targets:
    """The measures that a piece aims at, drawn for each piece from the spread of people's music.

    pace: where in the character's range of density the piece lies, for all voices. onsets:
    notes of the tune per bar of 16 steps. literal: how readily bars repeat unchanged.
    syncopation, sixteenths, leaps: how much of each. span: semitones from the tune's lowest to
    its highest pitch. chromatic: how readily chords are borrowed and tones altered. changes:
    how often a bar has two chords. drive: how busy the bass is. short: how much of a note's
    length its player leaves out; alike: whether all parts leave out as much. high: where in the
    character's register the middle of the tune lies. air: how much silence there is. values:
    different note values in a bar of the tune. rough: how readily the tune leans on tones
    outside its chord. vamp: how readily a phrase stays on one or two chords. bass_floor: the
    lowest MIDI pitch of the bass. The others: 0 to 1.
    """

    pace: float
    onsets: float
    literal: float
    syncopation: float
    sixteenths: float
    leaps: float
    span: float
    chromatic: float
    changes: float
    drive: float
    short: float
    alike: bool
    high: float
    air: float
    values: float
    rough: float
    vamp: float
    bass_floor: int


CYCLE_BARS = 4
"""Bars after which an accompaniment that comes again does so."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """An accompaniment that comes again to the note every `CYCLE_BARS` bars of a section.

    turns: whether the last bar of a section leaves it. is_one: whether all sections have the first
    one's.
    """

    turns: bool = True
    is_one: bool = False


@dataclass(frozen=True, slots=True)
class PiecePlan:
    """The plan of a whole piece: its idea, its sections, its peak, and its targets.

    centre: MIDI pitch around which the tune lies. peak_bar: the bar of its highest note, and
    `peak` that note's pitch. stops: bars in whose last part all tonal voices fall silent.
    pickups: bars that lead over the bar line into a phrase. tuttis: bars in which all parts and the
    drums have the tune's rhythm. entries: parts that are silent for the first bars of the piece,
    and for how many. onsets: of a letter whose density the manifest sets, notes of the
    tune per bar, instead of the targets'. avoid: words of `avoiding.AVOIDABLE`. cycle: how the
    accompaniment comes again, None if it goes on.
    """

    idea: str
    sections: tuple[SectionPlan, ...]
    targets: Targets
    centre: float
    peak_bar: int
    peak: int
    stops: tuple[int, ...] = ()
    pickups: tuple[int, ...] = ()
    entries: Mapping[str, int] = field(default_factory=dict)
    tuttis: tuple[int, ...] = ()
    onsets: Mapping[str, float] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()
    cycle: Cycle | None = None
    phrases: tuple[Phrase, ...] = field(init=False, repr=False, compare=False)
    """All phrases in order."""

    def __post_init__(self) -> None:
        phrases = tuple(phrase for part in self.sections for phrase in part.phrases)
        object.__setattr__(self, "phrases", phrases)

    def section_at(self, bar: int) -> SectionPlan:
        """Return the section that a bar belongs to."""
        for part in reversed(self.sections):
            if bar >= part.section.start_bar:
                return part
        return self.sections[0]

    def bars_of_written_bass(self, bars: int) -> frozenset[int]:
        """Return the bars of a piece whose bass the manifest writes."""
        return frozenset(bar for bar in range(bars) if self.section_at(bar).bass_line)

    def phrase_at(self, bar: int) -> Phrase:
        """Return the phrase that a bar belongs to."""
        for phrase in reversed(self.phrases):
            if bar >= phrase.start_bar:
                return phrase
        return self.phrases[0]

    def waits(self, part: str, bar: int) -> bool:
        """Return whether a part still waits for its entry in a bar."""
        return bar < self.entries.get(part, 0)

    def ends(self, bar: int) -> bool:
        """Return whether a piece that plays once closes with a bar."""
        phrase = self.phrase_at(bar)
        return phrase.cadence == FINAL and bar == phrase.start_bar + phrase.bars - 1

"""Ideas of pieces: one per piece, drawn by scene, mood and seed.

An idea is a row of the table: how its phrases are built, what the second voice does in sections
that state and in sections that contrast, what the bass does, and which parts begin. To add an idea,
add a row; its words are those of `piece` and `roles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What the second voice does. `roles` has one way of writing for each.
THIRDS, COUNTER, DUET, ARPEGGIO, RUNNING, OFFBEAT, STABS, OSTINATO, HELD, UNISON, ECHO, SILENT = (
    "thirds", "counter", "duet", "arpeggio", "running", "offbeat", "stabs", "ostinato", "held",
    "unison", "echo", "silent",
)  # fmt: skip
INNER_ROLES: Mapping[str, str] = {
    THIRDS: "goes with the tune in thirds and sixths",
    COUNTER: "moves where the tune holds",
    DUET: "sings a second tune under the first",
    ARPEGGIO: "breaks the chord in eighths",
    RUNNING: "breaks the chord in 16ths",
    OFFBEAT: "plays the chord between the beats",
    STABS: "strikes the chord in short accents",
    OSTINATO: "repeats one figure",
    HELD: "holds the chord's tones",
    UNISON: "doubles the tune an octave below",
    ECHO: "repeats the tune a little later, where it fits",
    SILENT: "is silent",
}

# What the bass does.
PATTERN, WALKING, PEDAL, BROKEN, DOUBLED, LONG = (
    "pattern", "walking", "pedal", "octaves", "doubled", "long",
)  # fmt: skip
BASS_ROLES: Mapping[str, str] = {
    PATTERN: "plays a pattern of one or two bars on each chord",
    WALKING: "walks, one note per beat",
    PEDAL: "stays on the tonic",
    BROKEN: "leaps between octaves",
    DOUBLED: "goes with the tune",
    LONG: "holds each chord's bass",
    SILENT: "is silent",
}


BUSY: Mapping[str, float] = {
    RUNNING: 1.0, ARPEGGIO: 0.75, OSTINATO: 0.65, THIRDS: 0.55, UNISON: 0.55, ECHO: 0.55,
    OFFBEAT: 0.5, STABS: 0.45, DUET: 0.45, COUNTER: 0.35, HELD: 0.1, SILENT: 0.0,
}  # fmt: skip
"""How much each role adds to the pace of a piece, 0..1."""


@dataclass(frozen=True, slots=True)
class Idea:
    """A row of the table of ideas.

    `says` completes "the piece ..."; suits: how likely it is by scene and by mood. phrases: how
    phrases of four bars are built, one word a bar (see `phrasing`); phrases_b: those of sections
    that contrast. onsets: a factor on the tune's notes. entries: rows of which one is drawn, each
    with the parts that are silent at first, and for how many bars; a loop begins so again. tuttis:
    how often all parts end phrases together. breaths: a random number below the first gives phrases
    of single bars, one below the second gestures within four bars, any other gestures within eight.
    """

    name: str
    says: str
    suits: Mapping[str, float]
    phrases: tuple[str, ...]
    phrases_b: tuple[str, ...]
    inner: tuple[str, ...]
    inner_b: tuple[str, ...]
    bass: tuple[str, ...] = (*[PATTERN] * 4, BROKEN, WALKING)
    bass_b: tuple[str, ...] = (PATTERN, PATTERN, WALKING, WALKING, BROKEN)
    onsets: float = 1.0
    literal: float = 0.5
    entries: tuple[Mapping[str, int], ...] = ()
    tuttis: float = 0.6
    breaths: tuple[float, float] = (0.85, 0.98)


IDEAS: Mapping[str, Idea] = {
    idea.name: idea
    for idea in (
        Idea(
            "song",
            "sings: a motif in sequence, an answer, and a middle that contrasts",
            {"title": 3.9, "overworld": 5.2, "town": 2.6, "credits": 3.9, "victory": 3.9,
             "heroic": 1.95,
             "bright": 1.3, "triumphant": 1.3, "game_over": 2.6, "battle": 3.25, "boss": 3.25,
             "shop": 2.6,
             "dungeon": 2.6},
            ("a b a C", "a b a C", "a a f C", "a a b C"),
            ("a b a C", "a f a C", "a a b C", "a i f C", "a f b C"),
            (DUET, COUNTER, THIRDS, OFFBEAT, ARPEGGIO, ECHO),
            (THIRDS, RUNNING, DUET, COUNTER, ARPEGGIO, ECHO),
        ),
        Idea(
            "riff",
            "rides on a riff that comes again and again and turns at the end",
            {"battle": 0.35, "boss": 0.35, "dungeon": 0.14, "shop": 0.14, "overworld": 0.14,
             "tense": 0.14,
             "frantic": 0.21},
            ("a =0 a C", "a b =0 C", "a b =0 =1", "a =0 f C"),
            ("a b g C", "a f b C", "a a f C"),
            (RUNNING, OFFBEAT, DUET, OSTINATO, ECHO),
            (DUET, ARPEGGIO, THIRDS),
            literal=0.6,
            tuttis=0.6,
        ),
        Idea(
            "ostinato",
            "lets a figure run below, and a slow tune over it",
            {"dungeon": 0.4, "battle": 0.2, "boss": 0.2, "mysterious": 0.3, "dark": 0.2},
            ("a h b C", "a h =0 C", "a g b C", "a h a C"),
            ("a a f C", "a b a C", "a f b C"),
            (RUNNING, ARPEGGIO, OSTINATO),
            (DUET, THIRDS, OFFBEAT, ECHO),
            bass=(PATTERN,),
            onsets=0.85,
            literal=0.5,
        ),
        Idea(
            "build",
            "grows: parts enter one by one, and each section is fuller than the one before",
            {"boss": 2, "battle": 1.5, "dungeon": 1, "title": 1, "overworld": 0.7, "tense": 1},
            ("a a b C", "a b f C", "a b a C"),
            ("a i f C", "a a f C", "a b a C"),
            (ARPEGGIO, RUNNING, OFFBEAT),
            (RUNNING, THIRDS, DUET),
            entries=({"lead": 4, "inner": 2}, {"lead": 4}),
        ),
        Idea(
            "dialogue",
            "asks and answers: short heads, and the second voice in the gaps",
            {"shop": 2.4, "town": 1.6, "overworld": 1.2, "dungeon": 0.8, "playful": 1.6,
             "title": 0.8},
            ("a h b C", "a b a C", "a a b C", "a h a C"),
            ("a a f C", "a b a C", "a f a C"),
            (DUET, OFFBEAT, ARPEGGIO),
            (THIRDS, ARPEGGIO, DUET, ECHO),
            bass=(PATTERN, WALKING),
            onsets=0.95,
        ),
        Idea(
            "hymn",
            "moves in long notes, all voices together",
            {"town": 1.5, "credits": 2, "game_over": 2, "title": 1.2, "dungeon": 1.2,
             "overworld": 0.7, "boss": 0.4, "calm": 2, "sad": 2},
            ("a g b C", "a b g C", "a b a C"),
            ("a b a C", "a a g C", "a f b C"),
            (DUET, THIRDS, HELD, COUNTER),
            (ARPEGGIO, COUNTER, THIRDS),
            bass=(WALKING, PATTERN),
            onsets=0.85,
        ),
        Idea(
            "drop",
            "is full at once, thins out in the middle, and comes back",
            {"overworld": 0.9, "boss": 0.9, "battle": 0.9, "title": 0.6, "credits": 0.42,
             "dungeon": 0.42},
            ("a a f C", "a b a C", "a f a C", "a a b C"),
            ("a b a C", "a f g C", "a f b C"),
            (RUNNING, OFFBEAT, STABS, THIRDS),
            (DUET, THIRDS, HELD),
            bass_b=(WALKING, PATTERN),
        ),
        Idea(
            "trio",
            "is a conversation of three lines",
            {"town": 0.8, "credits": 0.8, "title": 0.5, "shop": 0.8, "calm": 0.5, "sad": 0.5,
             "game_over": 1},
            ("a b a C", "a a b C", "a g b C", "a f b C"),
            ("a a f C", "a a b C", "a b f C", "a i b C"),
            (ARPEGGIO, ECHO, THIRDS),
            (ARPEGGIO, THIRDS, ECHO),
            bass=(WALKING, PATTERN),
            bass_b=(WALKING, PATTERN),
            onsets=0.9,
            entries=({}, {}, {"bass": 4}, {"inner": 2}),
            tuttis=0.3,
        ),
        Idea(
            "pads",
            "spreads held chords under a slow tune",
            {"dungeon": 0.78, "credits": 0.78, "title": 0.65, "town": 0.52, "calm": 0.78,
             "sad": 0.78,
             "mysterious": 0.78, "dark": 0.52},
            ("a g b C", "a h a C", "a b h C", "a b a C"),
            ("a b f C", "a i b C", "a b g C"),
            (HELD,),
            (ARPEGGIO, RUNNING, DUET),
            bass=(LONG, PATTERN, PATTERN),
            bass_b=(PATTERN, WALKING),
            onsets=0.85,
            tuttis=0.3,
        ),
        Idea(
            "dance",
            "dances: a lilting rhythm that all voices share",
            {"shop": 1, "town": 1, "overworld": 0.35, "playful": 1, "bright": 0.25,
             "credits": 0.25},
            ("a a b C", "a b a C", "a b a C"),
            ("a a f C", "a b a C", "a i a C"),
            (OFFBEAT, ARPEGGIO, THIRDS),
            (DUET, OFFBEAT, THIRDS),
            bass=(PATTERN, BROKEN),
            literal=0.5,
            breaths=(0.8, 0.97),
        ),
    )
}  # fmt: skip
"""Every idea by name."""

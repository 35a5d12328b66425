"""The plan: everything a build needs, resolved once and frozen. Stages read nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from chipassets.chips.chipsong import Instrument
from chipassets.music.keys import Key
from chipassets.music.likeness import KINDS, Likeness
from chipassets.music.notes import Motif as Motif
from chipassets.music.notes import Primer as Primer
from chipassets.music.score import Section
from chipassets.plan.links import Link
from chipassets.units import STEPS_PER_BEAT, Swing, metre_name, steps_per_bar


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range of a measured quantity."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The mean of both ends."""
        return (self.low + self.high) / 2

    def distance(self, value: float) -> float:
        """Return 0 inside the range; outside, the distance from it in widths of the range."""
        outside = max(self.low - value, value - self.high, 0.0)
        return outside / max(self.high - self.low, 1e-9)

    def points(self, value: float) -> float:
        """Return 1 in the middle of the range, 0.75 at its ends, falling to 0 one width outside."""
        outside = self.distance(value)
        if outside:
            return 0.75 * max(0.0, 1 - outside)
        half = max((self.high - self.low) / 2, 1e-9)
        return 1 - 0.25 * ((value - self.low - half) / half) ** 2


@dataclass(frozen=True, slots=True)
class Drums:
    """The manifest's wish for the drums: a groove by name, or written strokes.

    groove: a style or a learned groove; "none" is silence. strokes: by kind the pattern, which
    repeats: `x` a stroke, `X` an accent, `o` a soft one, `.` none. fills: whether phrases end with
    a fill.
    """

    groove: str = ""
    strokes: tuple[tuple[str, str], ...] = ()
    fills: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What the manifest wants of a section by name or letter; `section` "" is the whole track.

    texture: a role of the second voice. bass: one of the bass. An empty field leaves it to the
    composer. density: notes per beat of all voices. register: MIDI pitches of the tune.
    dynamics_db: relative to the loudest. lead, inner, low: instruments of a section's tune, second
    voice and bass.
    """

    section: str = ""
    drums: Drums | None = None
    texture: str = ""
    bass: str = ""
    density: Range | None = None
    register: Range | None = None
    dynamics_db: float | None = None
    lead: str = ""
    inner: str = ""
    low: str = ""
    chords: tuple[tuple[str, ...], ...] = ()
    bass_line: tuple[tuple[int, int, int], ...] = ()
    """A written bass: step, length, degree above the chord's root from 1; the last note ends it."""
    key: Key | None = None
    """The key of a section."""


@dataclass(frozen=True, slots=True)
class SoundsLike:
    """A reference file that the track should resemble.

    Its name, the kinds of measures, its measures.
    """

    file: str
    aims: tuple[str, ...]
    measures: Likeness

    def has(self, measure: str) -> bool:
        """Return whether the track aims at a field of `Likeness`."""
        return any(measure in KINDS[aim] for aim in self.aims)


@dataclass(frozen=True, slots=True)
class Melody:
    """The tune of a section as written by the user; if it is `literal`, its pitches stay.

    The section is a name with primes, or a letter, for which it holds where no name has its own.
    pickup: notes before the section's first bar, at the tune's own pitches.
    """

    section: str
    tune: Motif
    pickup: Primer | None = None


@dataclass(frozen=True, slots=True)
class Progression:
    """Chords as written in the manifest, one or more per bar; `section` "" is the whole track's.

    The section is a letter, or a name with primes, which takes precedence over the letter.
    """

    section: str
    bars: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Character:
    """The character of a scene with its moods: ranges to measure takes against, and instruments.

    density: note onsets per beat of all pitched voices together. polyphony: mean sounding pitches
    over steps that sound. lead_pitch: median MIDI pitch of the top line. groove: a name in the drum
    table. lead, inner and bass: names in the instrument bank.
    """

    density: Range
    polyphony: Range
    lead_pitch: Range
    groove: str
    lead: str
    inner: str
    bass: str


@dataclass(frozen=True, slots=True)
class OwnMood:
    """A custom mood: a built-in mood, and the values that replace the built-in ones.

    like: the built-in mood. tempo: in quarter notes per minute; the rest as in `Character`. None,
    and no modes, keep the built-in mood's effect.
    """

    name: str
    like: str
    tempo: Range | None = None
    modes: tuple[str, ...] = ()
    density: Range | None = None
    polyphony: Range | None = None
    lead_pitch: Range | None = None
    groove: str | None = None
    lead: str | None = None
    inner: str | None = None
    bass: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """The name of a layer, and the voices of the chip that it adds to the layers before it."""

    name: str
    voices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """How the chip is used: voices left free, arpeggios, layers, custom instruments.

    `drums` is the name of the drum kit. `instruments` are the custom ones that the track uses; they
    replace those of the same name in the bank and the kit.
    """

    leave: tuple[str, ...] = ()
    arpeggio: bool = True
    layers: tuple[Layer, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    drums: str = "noise"


@dataclass(frozen=True, slots=True)
class Reference:
    """The settings of Magenta's own generator with its beam search; both numbers 1: no search."""

    beam_size: int = 1
    branch_factor: int = 1


TEMPO, MODE, REGISTER, PACE, VOICES = (
    "tempo_bpm", "mode", "lead_pitch", "notes_per_second", "polyphony",
)  # fmt: skip
"""The names, in a track's evidence, of features that the plan may set instead of the notes."""

UNSAID = {"unsaid": True}
"""Metadata of a field that is left out of keys, facts and JSON if it has its default.

New fields have it, so that tracks that do not use them keep their notes and files.
"""
SOUND = UNSAID | {"sound": True}
"""Metadata of such a field that affects the sound but not the notes."""


_NOTES_OF_A_MOVING_BAR = 3
"""Two of the tune over one of the bass: with fewer a bar stands still."""


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """The plan of one track; nothing is open.

    seed is derived from the manifest's unless the track sets it. temperature divides the model's
    logits. takes is the number of candidates. Without a form the default form is used; without a
    progression each take draws its own. guidance: factors on the costs of the search, by name.
    chromatic_share: the largest share of notes outside the scale and its chords. scene_like: the
    built-in scene of a custom scene. own_moods: the custom moods among the moods. match: the track
    whose key, metre and tempo this one has. given: which of TEMPO, MODE, REGISTER, PACE and VOICES
    the manifest sets, so that scene and moods do not affect them.
    """

    name: str
    scene: str
    moods: tuple[str, ...]
    seed: int
    bars: int
    beats_per_bar: float
    tempo_millibpm: int
    key: Key
    loops: bool
    primer: Primer | None
    condition_on_primer: bool
    inject_primer: bool
    temperature: float
    takes: int
    character: Character
    form: tuple[Section, ...] = ()
    progressions: tuple[Progression, ...] = ()
    motifs: tuple[Motif, ...] = ()
    guidance: tuple[tuple[str, float], ...] = ()
    chromatic_share: float = 0.08
    sound: Sound = Sound()
    scene_like: str = ""
    match: str | None = None
    reference: Reference | None = field(default=None, metadata=UNSAID)
    """Set if Magenta's generator composes instead of our composer."""
    given: tuple[str, ...] = ()
    pulse_steps: int = STEPS_PER_BEAT
    """Length of a felt beat in 16ths: a quarter note, in 6/8 a dotted one."""
    own_moods: tuple[OwnMood, ...] = ()
    frozen: bool = False
    """Whether the lock's take stays, as if someone had accepted it."""
    was: str | None = None
    """The name that the track had before, under which its draws and its locked take are found."""
    wishes: tuple[Wish, ...] = field(default=(), metadata=UNSAID)
    melodies: tuple[Melody, ...] = field(default=(), metadata=UNSAID)
    filter_name: str = field(default="", metadata=SOUND)
    """The output filter of this track; "" is the game's."""
    link: Link | None = field(default=None, metadata=UNSAID)
    ending: str = field(default="", metadata=UNSAID)
    """One of `endings.ENDINGS`, or "" for the default close."""
    pickup: Primer | None = field(default=None, metadata=UNSAID)
    """Notes of the tune at the end of the first bar, in which nothing else sounds."""
    final_key: Key | None = field(default=None, metadata=UNSAID)
    """The key that the last section is transposed to."""
    swing_percent: float = field(default=0.0, metadata=SOUND)
    """The position of a beat's second 8th in percent; 0 and 50 are straight."""
    shuffle_percent: float = field(default=0.0, metadata=SOUND)
    """The position of an 8th's second 16th in percent; 0 and 50 are straight."""
    level_db: float = field(default=0.0, metadata=SOUND)
    """The track's loudness relative to the game's."""
    avoid: tuple[str, ...] = field(default=(), metadata=UNSAID)
    """Words of `compose.avoiding.AVOIDABLE`."""
    sounds_like: SoundsLike | None = field(default=None, metadata=UNSAID)

    def melody_of(self, section: str) -> Motif | None:
        """Return the melody of a section by its name, else by its letter; None without one."""
        found = self.written_melody(section)
        return None if found is None else found.tune

    def written_melody(self, section: str) -> Melody | None:
        """Return the melody of a section with its pickup, as `melody_of` finds it."""
        own = {melody.section: melody for melody in self.melodies}
        return own.get(section) or own.get(section.rstrip("'"))

    def wished(self, section: str) -> Wish:
        """Return the wish for a section: by its name, else its letter, else the track's."""
        found = Wish(section)
        if not self.wishes:
            return found
        wishes = {wish.section: wish for wish in self.wishes}
        for name in dict.fromkeys((section, section.rstrip("'"), "")):
            wish = wishes.get(name, Wish())
            found = Wish(
                section,
                found.drums or wish.drums,
                found.texture or wish.texture,
                found.bass or wish.bass,
                found.density or wish.density,
                found.register or wish.register,
                wish.dynamics_db if found.dynamics_db is None else found.dynamics_db,
                found.lead or wish.lead,
                found.inner or wish.inner,
                found.low or wish.low,
                found.chords or wish.chords,
                found.bass_line or (() if found.bass else wish.bass_line),
                found.key or wish.key,
            )
        return found

    def may_hold(self, section: str) -> bool:
        """Whether a section is to have so few notes that its tune holds one through whole bars."""
        density = self.wished(section).density
        return density is not None and density.high * self.beats_per_bar <= _NOTES_OF_A_MOVING_BAR

    @property
    def preset_moods(self) -> tuple[str, ...]:
        """The moods; a custom mood is replaced by the built-in one that it starts from."""
        likes = {mood.name: mood.like for mood in self.own_moods}
        return tuple(likes.get(name, name) for name in self.moods)

    @property
    def metre(self) -> str:
        """The metre as text: `"6/8"` if the felt beat is dotted."""
        return metre_name(self.beats_per_bar, self.pulse_steps)

    @property
    def swing(self) -> Swing:
        """The swing of the track's 8ths and 16ths."""
        return Swing(self.swing_percent, self.shuffle_percent)

    @property
    def steps_per_bar(self) -> int:
        """Length of a bar in 16th notes."""
        return steps_per_bar(self.beats_per_bar)

    @property
    def total_steps(self) -> int:
        """Length in 16th notes."""
        return self.bars * self.steps_per_bar


SOUND_FIELDS = tuple(item.name for item in fields(TrackPlan) if "sound" in item.metadata)
"""Fields of a track's plan that affect the sound but not the notes."""

_MAY_BE_UNSAID = {
    item.name: item.default for item in fields(TrackPlan) if "unsaid" in item.metadata
}


def unsaid(track: TrackPlan) -> tuple[str, ...]:
    """Return the fields marked UNSAID that have their default in this plan."""
    return tuple(name for name, value in _MAY_BE_UNSAID.items() if getattr(track, name) == value)


def in_quarters(track: TrackPlan) -> TrackPlan:
    """Return the plan for composing: 7/8 as quarter notes and a longer last beat.

    If 8ths were the felt beat, every 8th would count as a beat.
    """
    if track.pulse_steps >= STEPS_PER_BEAT:
        return track
    return replace(track, pulse_steps=STEPS_PER_BEAT)


@dataclass(frozen=True, slots=True)
class HomeKey:
    """The key and the tempo around which tracks without a key or tempo are planned."""

    key: Key
    tempo_millibpm: int


@dataclass(frozen=True, slots=True)
class OggQuality:
    """The quality of OGG files by kind, on Vorbis's scale from 0 to 10.

    At 3 a file is 35 to 45 % smaller than at 6 (measured on three tracks per chip). By a rough
    estimate the coding noise is then 2.5 to 6.5 dB above the masking threshold in the worst band, 4
    to 6 dB more than at 6; nobody has listened.
    """

    ogg: float = 3.0
    split: float = 3.0
    stems: float = 3.0
    layers: float = 3.0


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """A whole build: the game, the chip, the model and every track in manifest order."""

    game: str
    seed: int
    chip: str
    model: str
    formats: tuple[str, ...]
    tracks: tuple[TrackPlan, ...]
    filter_name: str = "famicom"
    loudness_lufs: float = -18.0
    quality: OggQuality = OggQuality()
    rom_budget_bytes: int | None = None
    author: str = ""
    copyright_line: str = ""
    home: HomeKey = HomeKey(Key(0, "major"), 120_000)

"""The plan: everything a build needs, resolved once and frozen. Stages read it and nothing else."""

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

    def distance(self, value: float) -> float:
        """0 inside the range; outside, how far away, in widths of the range."""
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
    """What the manifest says of the drums: a groove by name, or written strokes.

    groove: a style word or a learned groove; "none" is silence. strokes: by kind the pattern, which
    repeats, `x` a stroke, `X` an accent, `o` a soft one, `.` none. fills: whether phrases close
    with a fill.
    """

    groove: str = ""
    strokes: tuple[tuple[str, str], ...] = ()
    fills: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What the manifest wants of a section by name or letter; `section` "" is the whole track.

    texture: a role of the second voice; bass: one of the bass. Empty leaves it to the composer.
    density: notes a beat of all voices; register: MIDI pitches of the tune; dynamics_db: below the
    loudest; lead, inner, low: instruments of a section's tune, second voice and bass.
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
    """A written bass: step, length, degree above the chord's root from 1; the last says the end."""
    key: Key | None = None
    """The key in which a section stands."""


@dataclass(frozen=True, slots=True)
class SoundsLike:
    """A file that the track is to be like: its name, in which of `KINDS`, and what it measures."""

    file: str
    aims: tuple[str, ...]
    measures: Likeness

    def has(self, measure: str) -> bool:
        """Return whether a field of `Likeness` is among what the track aims at."""
        return any(measure in KINDS[aim] for aim in self.aims)


@dataclass(frozen=True, slots=True)
class Melody:
    """The tune of a section as a person wrote it; where it is `literal` its pitches stay.

    The section is a name with primes, or a letter, for which it holds where no name has its own.
    """

    section: str
    tune: Motif


@dataclass(frozen=True, slots=True)
class Progression:
    """Chords as the manifest writes them, one or more a bar; `section` "" is the whole track's.

    The section is a letter, or a name with primes, which goes before the letter.
    """

    section: str
    bars: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Character:
    """What a scene and its moods ask of the music: ranges to measure takes against, and colours.

    density: note onsets per beat of all tonal voices together; polyphony: mean sounding pitches
    over steps that sound; lead_pitch: median MIDI pitch of the top line; groove: a name in the
    drum table; lead, inner and bass: names in the instrument bank.
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
    """A mood of the game's own: a preset mood, and what it asks for in place of the preset's.

    like: the preset; tempo: in quarter notes a minute; the rest as in `Character`. None, and no
    modes, leave what the preset does.
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
    """What a layer is called, and the voices of the chip that it adds to those before it."""

    name: str
    voices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """How the chip is used: voices left free, arpeggios for notes too many, layers, own sounds.

    `drums` is the name of the drum kit. `instruments` are the game's own that the track uses; they
    beat the bank's and the kit's of the same name.
    """

    leave: tuple[str, ...] = ()
    arpeggio: bool = True
    layers: tuple[Layer, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    drums: str = "noise"


@dataclass(frozen=True, slots=True)
class Reference:
    """Magenta's own generator composes, with its beam search; both numbers 1: none."""

    beam_size: int = 1
    branch_factor: int = 1


TEMPO, MODE, REGISTER, PACE, VOICES = (
    "tempo_bpm", "mode", "lead_pitch", "notes_per_second", "polyphony",
)  # fmt: skip
"""What a track's evidence calls the features that its plan may decide, and not its notes."""

UNSAID = {"unsaid": True}
"""Metadata of a field that is left out of keys, facts and JSON where it has its default.

A new field has it: tracks that do not use it keep their notes and files.
"""
SOUND = UNSAID | {"sound": True}
"""Metadata of such a field that decides how the notes sound, and no note."""


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """One track with nothing left open.

    seed is the track's own, derived from the manifest's unless it is given; temperature divides
    the model's logits; takes is how many candidates are composed. Without a form the default one
    holds, without a progression each take draws its own. guidance: factors on the weights of the
    terms that lead the model, by name. chromatic_share: the largest share of notes outside the
    scale and its chords. scene_like: the preset under a scene of the game's own; own_moods: those
    of the moods that are no presets. match: the track whose key, metre and tempo this one has.
    given: which of TEMPO, MODE, REGISTER, PACE and VOICES the manifest settles, so that no scene
    and no mood has a say in them.
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
    """Who composes in place of our own composer."""
    given: tuple[str, ...] = ()
    pulse_steps: int = STEPS_PER_BEAT
    """From one felt beat to the next in 16ths: a quarter, in 6/8 a dotted one."""
    own_moods: tuple[OwnMood, ...] = ()
    frozen: bool = False
    """Whether the lock's take stays, as if someone had accepted it."""
    was: str | None = None
    """The name that the track had before: its draws and its locked take are those of that name."""
    wishes: tuple[Wish, ...] = field(default=(), metadata=UNSAID)
    melodies: tuple[Melody, ...] = field(default=(), metadata=UNSAID)
    filter_name: str = field(default="", metadata=SOUND)
    """What lies behind the chip for this track; "" leaves it to the game's."""
    link: Link | None = field(default=None, metadata=UNSAID)
    ending: str = field(default="", metadata=UNSAID)
    """One of `endings.ENDINGS`, or "": as its plan closes it."""
    pickup: Primer | None = field(default=None, metadata=UNSAID)
    """Notes of the tune at the end of the first bar, in which nothing else sounds."""
    final_key: Key | None = field(default=None, metadata=UNSAID)
    """The key to which the last section is moved as a whole."""
    swing_percent: float = field(default=0.0, metadata=SOUND)
    """Where in a beat its second 8th lies; 0 and 50 in the middle."""
    shuffle_percent: float = field(default=0.0, metadata=SOUND)
    """Where in an 8th its second 16th lies; 0 and 50 in the middle."""
    level_db: float = field(default=0.0, metadata=SOUND)
    """How far the track's loudness is from the game's."""
    avoid: tuple[str, ...] = field(default=(), metadata=UNSAID)
    """Words of `compose.avoiding.AVOIDABLE`."""
    sounds_like: SoundsLike | None = field(default=None, metadata=UNSAID)

    def melody_of(self, section: str) -> Motif | None:
        """Return the melody of a section by its name, else by its letter; None without one."""
        tunes = {melody.section: melody.tune for melody in self.melodies}
        return tunes.get(section) or tunes.get(section.rstrip("'"))

    def wished(self, section: str) -> Wish:
        """Return what is wanted of a section: by its name, else its letter, else of the track."""
        wishes = {wish.section: wish for wish in self.wishes}
        found = Wish(section)
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

    @property
    def preset_moods(self) -> tuple[str, ...]:
        """The moods, those of the game's own by the presets that they are like."""
        likes = {mood.name: mood.like for mood in self.own_moods}
        return tuple(likes.get(name, name) for name in self.moods)

    @property
    def metre(self) -> str:
        """The metre as it is written: `"6/8"` where the felt beat is dotted."""
        return metre_name(self.beats_per_bar, self.pulse_steps)

    @property
    def swing(self) -> Swing:
        """How the track's 8ths and 16ths swing."""
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
"""Fields of a track's plan that decide how notes sound, and no note."""

_MAY_BE_UNSAID = {
    item.name: item.default for item in fields(TrackPlan) if "unsaid" in item.metadata
}


def unsaid(track: TrackPlan) -> tuple[str, ...]:
    """Return the fields that say nothing in this plan, as if there were none."""
    return tuple(name for name, value in _MAY_BE_UNSAID.items() if getattr(track, name) == value)


def in_quarters(track: TrackPlan) -> TrackPlan:
    """Return the plan as it is composed: 7/8 in quarters and a last beat that is longer.

    Felt in 8ths, every 8th would count as a beat.
    """
    if track.pulse_steps >= STEPS_PER_BEAT:
        return track
    return replace(track, pulse_steps=STEPS_PER_BEAT)


@dataclass(frozen=True, slots=True)
class HomeKey:
    """The key and the tempo around which a game's open keys and tempi are planned."""

    key: Key
    tempo_millibpm: int


@dataclass(frozen=True, slots=True)
class OggQuality:
    """How well the OGG files are encoded, by kind: Vorbis's own scale from 0 to 10.

    At 3 a file is 35 to 45 % smaller than at 6 (measured on three tracks a chip). By a rough
    estimate the noise that coding adds then lies 2.5 to 6.5 dB above what the music masks in the
    worst band, 4 to 6 dB more than at 6; nobody has listened.
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

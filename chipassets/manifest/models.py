"""The shape of a manifest: which keys exist where; the module of each concept reads its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from chipassets.manifest.aims_field import Avoid, SoundsLikeField
from chipassets.manifest.chords_field import ChordsField
from chipassets.manifest.duration import LengthField, MetreField, TempoField
from chipassets.manifest.endings_field import Ending, FinalKey, Pickup
from chipassets.manifest.engines import Engines
from chipassets.manifest.form_field import FormField
from chipassets.manifest.guidance import Guidance
from chipassets.manifest.instruments import Colours, InstrumentField
from chipassets.manifest.keeping import LockState, Was
from chipassets.manifest.linked import Family, From, LikeTrack, To, VariantField
from chipassets.manifest.match import Match
from chipassets.manifest.melody_field import MelodyField
from chipassets.manifest.mood import (
    Density,
    GrooveName,
    LikeMood,
    MoodInstruments,
    MoodModes,
    MoodTempo,
    Polyphony,
    Register,
)
from chipassets.manifest.motif_field import MotifField, Tune
from chipassets.manifest.numbers import Chromatic, Seed, Takes, Temperature, truth
from chipassets.manifest.primer_field import PrimerField
from chipassets.manifest.reads import OrNothing
from chipassets.manifest.sound import (
    DEFAULT_LOUDNESS_LUFS,
    Filter,
    Layers,
    Leave,
    Level,
    Loudness,
    Quality,
    RomBudget,
)
from chipassets.manifest.tonality import KeyField
from chipassets.manifest.wishes import (
    BassRole,
    DrumsField,
    Dynamics,
    SectionsField,
    Shuffle,
    Swing,
    Texture,
)
from chipassets.manifest.words import (
    DEFAULT_MODEL,
    Author,
    Chip,
    Copyright,
    Formats,
    Game,
    Like,
    ModelName,
    Moods,
    Name,
    SceneName,
)
from chipassets.plan.formats import DEFAULT_FORMATS
from chipassets.plan.trackplan import OggQuality

MAX_TRACKS = 10_000
"""More than any game needs; a manifest that a faulty script wrote is refused early."""
MAX_SCENES = 64
MAX_OWN_MOODS = 64
MAX_INSTRUMENTS = 64
MAX_TUNES = 64
DEFAULT_CHIP = "nes"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Options(_Part):
    """The options of a track, a scene and the defaults; None if not set."""

    mood: Moods | None = None
    primer: PrimerField | None = None
    condition_on_primer: (
        Annotated[
            bool,
            truth(
                "The model hears the primer, which opens the track, before it composes. "
                "Default true (in Magenta's own command: false)."
            ),
        ]
        | None
    ) = None
    inject_primer: (
        Annotated[
            bool,
            truth(
                "The primer's notes are forced on the model again while it composes, so it "
                "harmonises them. Default false (in Magenta's own command: true)."
            ),
        ]
        | None
    ) = None
    length: LengthField | None = None
    tempo: TempoField | None = None
    metre: MetreField | None = None
    key: KeyField | None = None
    form: FormField | None = None
    chords: ChordsField | None = None
    motif: MotifField | None = None
    melody: MelodyField | None = None
    drums: DrumsField | None = None
    texture: Texture | None = None
    bass: BassRole | None = None
    density: Density | None = None
    # pydantic's own classes have a method `register`.
    lead_pitch: Register | None = Field(default=None, alias="register")
    dynamics: Dynamics | None = None
    swing: Swing | None = None
    shuffle: Shuffle | None = None
    sections: SectionsField | None = None
    guidance: Guidance | None = None
    chromatic: Chromatic | None = None
    temperature: Temperature | None = None
    takes: Takes | None = None
    avoid: Avoid | None = None
    sounds_like: SoundsLikeField | None = None
    ending: Ending | None = None
    pickup: Pickup | None = None
    final_key: FinalKey | None = None
    loop: Annotated[bool, truth("Whether the track loops. Default: as its scene.")] | None = None
    instruments: Colours | None = None
    arpeggio: (
        Annotated[
            bool,
            truth(
                "Notes that have no voice alternate with those of the inner voice, as a fast "
                "arpeggio. Default true; false drops them. The build counts both."
            ),
        ]
        | None
    ) = None
    filter: Filter | None = None
    level: Level | None = None
    leave: Leave | None = None
    layers: Layers | None = None
    lock: LockState | None = None


class Defaults(Options):
    """The options of every track unless the track or its scene sets them."""


class SceneOptions(Options):
    """A custom scene, or changes to a built-in one."""

    like: Like | None = None


class MoodOptions(_Part):
    """A custom mood: a built-in mood with some values replaced."""

    like: LikeMood | None = None
    tempo: MoodTempo | None = None
    modes: MoodModes | None = None
    density: Density | None = None
    polyphony: Polyphony | None = None
    # pydantic's own classes have a method `register`.
    lead_pitch: Register | None = Field(default=None, alias="register")
    groove: GrooveName | None = None
    instruments: MoodInstruments | None = None


class Track(Options):
    """One piece of music. If it sets no scene, its name is the name of its scene."""

    scene: SceneName | None = None
    match: Match | None = None
    like: LikeTrack | None = None
    variant: VariantField | None = None
    family: Family | None = None
    from_track: From | None = Field(default=None, alias="from")
    to: To | None = None
    seed: Seed | None = None
    was: Was | None = None


class Manifest(_Part):
    """What a game needs: every value is validated, nothing is resolved."""

    game: Game
    seed: Seed = 0
    author: Author = ""
    copyright: Copyright = ""
    chip: Chip = DEFAULT_CHIP
    model: ModelName = DEFAULT_MODEL
    formats: Formats = DEFAULT_FORMATS
    engines: Engines = ()
    loudness: Loudness = DEFAULT_LOUDNESS_LUFS
    quality: Quality = OggQuality()
    rom_budget: RomBudget | None = None
    filter: Filter | None = None
    instruments: Annotated[dict[Name, InstrumentField], OrNothing()] = Field(
        default={},
        max_length=MAX_INSTRUMENTS,
        description="Custom instruments, by name, and `file`: a YAML file with more of them.",
    )
    motifs: Annotated[dict[Name, Tune], OrNothing()] = Field(
        default={}, max_length=MAX_TUNES, description="Tunes that tracks quote, by name."
    )
    scenes: Annotated[dict[Name, Annotated[SceneOptions, OrNothing()]], OrNothing()] = Field(
        default={}, max_length=MAX_SCENES, description="Custom scenes, by name."
    )
    moods: Annotated[dict[Name, Annotated[MoodOptions, OrNothing()]], OrNothing()] = Field(
        default={}, max_length=MAX_OWN_MOODS, description="Custom moods, by name."
    )
    defaults: Annotated[Defaults, OrNothing()] = Defaults()
    tracks: dict[Name, Annotated[Track, OrNothing()]] = Field(
        min_length=1, max_length=MAX_TRACKS, description="The pieces of music, by name."
    )
    _remarks: tuple[str, ...] = PrivateAttr(default=())
    _found: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on files that the manifest names and that were not used exactly as they are."""
        return self._remarks

    def remark(self, remarks: tuple[str, ...]) -> None:
        """Store remarks that reading the files produced."""
        self._remarks = remarks

    @property
    def found(self) -> dict[str, Any]:
        """What was found out of the whole manifest so far, by track, so that it is found once.

        Everything that checks or plans a track asks for its settings.
        """
        return self._found

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values, whose `found` is empty: it describes the original."""
        copied = super().model_copy(update=update, deep=deep)
        copied._found = {}
        return copied

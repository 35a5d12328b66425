"""The index of a bundle: what bundle.json holds, as models that check what they read."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chipassets.errors import CheckError
from chipassets.music.lengths import file_text, length_text
from chipassets.units import STEPS_PER_BEAT, metre_name, steps_per_bar

FORMAT = 1
INDEX_NAME = "bundle.json"

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]
_Positive = Annotated[int, Field(gt=0)]
MOST_BEATS = 1000
"""Quarter notes of a bar up to which an index is read, as in `runtime.index`."""
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Pitch = Annotated[int, Field(ge=0, le=127)]
ATTRIBUTES_PATH = ".gitattributes"
_PATH = re.compile(
    r"(?:\.gitattributes|[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)"
)
_RelativePath = Annotated[str, Field(pattern=f"^{_PATH.pattern}$")]


class _Entry(BaseModel):
    # Keys that a newer chipassets added within this format are ignored, as in the runtimes.
    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, use_attribute_docstrings=True, defer_build=True
    )


class FileEntry(_Entry):
    """A file of the bundle: path relative to its folder, SHA-256 in hex, size in bytes."""

    path: _RelativePath
    sha256: _Sha256
    bytes: _Count


class LayerEntry(FileEntry):
    """A layer of a track, as long as its audio.

    Voices to play together with the layers before it.
    """

    name: str
    voices: list[str]


class SeamEntry(_Entry):
    """Step and spectral flux at the loop's seam, relative to the largest elsewhere."""

    step_ratio: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    flux_ratio: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LoopEntry(_Entry):
    """The part of the file that repeats; it ends where the file ends."""

    start_sample: _Count
    """Sample of the file, from 0, to which playback returns at the end."""
    length_samples: _Positive
    """Samples from there to the end of the file."""
    start_bar: _Count
    """Bar of the file, from 0, at which start_sample lies; in a file that returns into the second
    pass of the music it is not below the track's bars."""
    bars: _Positive
    """Bars that repeat: as many in the file as in the music."""
    start_seconds: _Seconds | None = None
    """start_sample in seconds, to the nanosecond; null in bundles of older versions."""
    length_seconds: _Seconds | None = None
    """length_samples in seconds, likewise."""


class PhraseEntry(_Entry):
    """A phrase, in bars from 0 of the track, and how it closes.

    cadence: closed (on the tonic), half (open, on the dominant), deceptive (the tonic avoided),
    turn (leads back to the start), or "on" with the chord; "" where no chords are known.
    """

    start_bar: _Count
    bars: _Positive
    cadence: str


class SectionEntry(_Entry):
    """A named range of bars of the music, from 0, within the track's bars."""

    name: str
    start_bar: _Count
    bars: _Positive
    phrases: list[PhraseEntry] = []
    """Its phrases, read from the chords; empty in bundles of older versions."""
    parts: dict[str, str] = {}
    """What each part and the drums do in it, read from the notes; empty in older bundles."""


class StatementEntry(_Entry):
    """Where a track quotes a motif, in bars and steps from 0, and how the motif was changed.

    motif_key: the key in which it was written; it is played on the same degrees of the track's key.
    transposition: semitones from its tonic as written to its tonic here, octaves included. stretch:
    2 doubles its note values, 0.5 halves them. lowest, highest: its MIDI pitches here. returned:
    whether it is repeated together with its section and accompaniment. whole: whether every note of
    it was found in the top line.
    """

    motif: str
    section: str
    start_bar: _Count
    start_step: _Count
    steps: _Positive
    motif_key: str
    transposition: int
    stretch: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    lowest: _Pitch
    highest: _Pitch
    returned: bool
    whole: bool


class TakeEntry(_Entry):
    """The number of the chosen take, from 1, the number of takes, and why it was chosen.

    Bundles of older versions count from 0.
    """

    number: _Count
    of: _Positive
    why: str
    version: _Count = 0
    """The version of a repaired or imported take: 2 for take 5.2."""
    origin: str = ""
    """How that version was made, in words."""

    @property
    def name(self) -> str:
        """The name for people: take 5.2 is the second version of take 5."""
        return f"{self.number}.{self.version}" if self.version else str(self.number)


class MoodEvidence(_Entry):
    """A mood and its measurements: values, the mood's ranges, score 0..1, whether the notes fit.

    given: the features that the manifest sets; they are measured but not scored.
    """

    mood: str
    measured: dict[str, _Finite]
    wanted: dict[str, list[_Finite]]
    fits: bool
    score: _Finite
    given: list[str] = []


class SceneEvidence(_Entry):
    """The scene and its measurements, in the same form, and the scene that the music resembles."""

    scene: str
    measured: dict[str, _Finite]
    wanted: dict[str, list[_Finite]]
    fits: bool
    score: _Finite
    given: list[str] = []
    resembles: str


class DroppedEntry(_Entry):
    """Notes that no voice plays, or plays differently, by reason."""

    reason: str
    count: _Positive


class CoveredEntry(_Entry):
    """Strokes of a drum in the notes at whose steps a drum of higher priority sounds.

    All drums share one voice, so the chip does not play these.
    """

    drum: str
    strokes: _Positive
    """Covered strokes, in the whole music."""
    of: _Positive
    """All strokes of that drum."""


class KeysEntry(_Entry):
    """Hashes of everything that determines the notes, and of everything that determines files."""

    notes: _Sha256
    audio: _Sha256


class ModelEntry(_Entry):
    """The model that composed, by name and file hash."""

    name: str
    sha256: _Sha256


class LinkEntry(_Entry):
    """How a track follows another one.

    kind: `variant` plays the notes of the other, bar for bar, so that a game can switch in any bar;
    `family` shares its form, chords and theme; `bridge` leads from it to another one.
    """

    kind: Annotated[str, Field(pattern="^(variant|family|bridge)$")]
    of: str
    """The other track; for a bridge, the one that it starts from."""
    to: str | None = None
    """The track that a bridge leads to."""
    name: str | None = None
    """The name of a built-in variant: night, low_health and so on."""


class CartridgeEntry(_Entry):
    """The size of a track on a cartridge, without the player, and what the player takes to play it.

    Clocks are the processor's in a frame, without a hook: None for a track that is too large for it
    to address, and in older bundles.
    """

    bytes: _Count
    samples: bool
    """Whether it plays samples, which the cartridge holds once for all tracks."""
    sample_bytes: _Count | None = None
    """The size of all samples in memory, 0 without any: None in older bundles."""
    clocks_mean: _Count | None = None
    clocks_most: _Count | None = None


class TrackEntry(_Entry):
    """One track: its description, its loop, its files, and how it was made."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    scene: str
    moods: list[str]
    key: str
    tempo_bpm: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Quarter notes per minute, rounded to a thousandth; use samples for exact timing."""
    beats_per_bar: (
        Annotated[int, Field(gt=0, le=MOST_BEATS)]
        | Annotated[float, Field(gt=0, le=MOST_BEATS, multiple_of=0.5, allow_inf_nan=False)]
    )
    """Quarter notes in a bar: 3 in 3/4 and in 6/8, 3.5 in 7/8."""
    pulse_steps: _Positive = STEPS_PER_BEAT
    """Length of a felt beat in 16ths: 4, or 6 for dotted quarters as in 6/8."""
    match: str | None = None
    link: LinkEntry | None = None
    """How the track follows another one; null if it follows none."""
    bars: _Positive
    """Bars of the music, each counted once: intro and loop, or the whole of a piece that ends."""
    file_bars: _Positive | None = None
    """Bars of the file up to where it returns: bars, and where an intro rings into the loop those
    of the second pass that the file plays before it returns. Of a piece that ends, its bars; what
    rings on behind them is not counted. null in bundles of older versions."""
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """samples in seconds, to the nanosecond."""
    sample_rate_hz: _Positive
    samples: _Positive
    """Samples of the file in each channel, of its WAV, FLAC and layers too."""
    loop: LoopEntry | None
    sections: list[SectionEntry]
    chords: list[str] = []
    statements: list[StatementEntry] = []
    voices: list[str]
    files: dict[str, FileEntry]
    layers: list[LayerEntry] = []
    loudness_lufs: Annotated[float, Field(allow_inf_nan=False)] | None = None
    level_db: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """The loudness relative to the game's, in dB, unless the peak limit reduced it."""
    true_peak_dbtp: Annotated[float, Field(allow_inf_nan=False)] | None = None
    seam: SeamEntry | None = None
    take: TakeEntry
    seed: _Count
    metrics: dict[str, Annotated[float, Field(allow_inf_nan=False)]]
    dropped: list[DroppedEntry]
    adapted: list[DroppedEntry] = []
    covered_strokes: list[CoveredEntry] = []
    """Drum strokes that another drum covers, by drum; empty in bundles of older versions."""
    cartridge: CartridgeEntry | None = None
    """Present if the format cartridge was built."""
    keys: KeysEntry
    evidence: list[MoodEvidence] = []
    scene_evidence: SceneEvidence | None = None
    warnings: list[str] = []

    @property
    def metre(self) -> str:
        """The metre as text, like `"6/8"`."""
        return metre_name(self.beats_per_bar, self.pulse_steps)

    @property
    def music_seconds(self) -> float:
        """How long the music lasts, each bar once: without what rings on, or plays again."""
        loop = self.loop
        if loop is None:
            return self.bars * self.beats_per_bar * 60 / self.tempo_bpm
        return self.bars * loop.length_samples / loop.bars / self.sample_rate_hz

    @property
    def length(self) -> str:
        """The bars and seconds of the music and its loop, and of the file if they differ."""
        loop = self.loop
        said = length_text(self.bars, self.music_seconds, loop.bars if loop else 0)
        if loop is None or loop.start_bar + loop.bars == self.bars:
            return said
        return f"{said}; {file_text(loop.start_bar + loop.bars, self.seconds)}"

    def all_files(self) -> list[FileEntry]:
        """Every file of the track, its layers too."""
        return [*self.files.values(), *self.layers]

    @model_validator(mode="after")
    def _bars_are_whole_beats(self) -> TrackEntry:
        if steps_per_bar(self.beats_per_bar) % self.pulse_steps:
            raise ValueError("a bar must be a whole number of felt beats (pulse_steps)")
        return self

    @model_validator(mode="after")
    def _loop_ends_with_the_audio(self) -> TrackEntry:
        loop = self.loop
        if loop and loop.start_sample + loop.length_samples != self.samples:
            raise ValueError("the loop must end where the audio ends")
        if self.file_bars is not None and self.file_bars < self.bars:
            raise ValueError("the file must hold every bar of the music (file_bars)")
        return self


class Index(_Entry):
    """The content of bundle.json."""

    format: Annotated[int, Field(ge=1)]
    generator: str
    game: str
    chip: str
    seed: _Count
    model: ModelEntry
    provenance: FileEntry
    album: dict[str, FileEntry] = {}
    attributes: FileEntry | None = None
    """The file that keeps git from changing line ends; None if the folder has its own."""
    tracks: list[TrackEntry]

    @model_validator(mode="after")
    def _names_and_paths_are_unique(self) -> Index:
        names = [track.name for track in self.tracks]
        paths = [entry.path.lower() for entry in self.files()]
        if len(set(names)) < len(names) or len(set(paths)) < len(paths):
            raise ValueError("a track name or a file path occurs twice")
        return self

    def files(self) -> list[FileEntry]:
        """Every file that the index lists."""
        listed = [entry for track in self.tracks for entry in track.all_files()]
        return [*self.shared_files(), *listed]

    def shared_files(self) -> list[FileEntry]:
        """Every file that belongs to no single track."""
        attributes = [self.attributes] if self.attributes else []
        return [self.provenance, *self.album.values(), *attributes]


def index_to_bytes(index: Index) -> bytes:
    """Return bundle.json: two-space JSON in the order of the fields, with a final newline."""
    return (index.model_dump_json(indent=2) + "\n").encode()


def index_from_bytes(data: bytes) -> Index:
    """Return the index of the bytes; CheckError if they are not a valid index."""
    try:
        index = Index.model_validate_json(data)
    except (ValueError, RecursionError) as error:
        _refuse_newer(_claimed_format(data))
        raise CheckError(
            f"{INDEX_NAME} is not a valid index: {_first_fault(error)}; build the bundle again"
        ) from error
    _refuse_newer(index.format)
    return index


def _claimed_format(data: bytes) -> object:
    """Return the value of `format` in the bytes of an index; None if there is none."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found.get("format") if isinstance(found, dict) else None


def _refuse_newer(version: object) -> None:
    """Raise CheckError for a format that this version does not know yet."""
    if isinstance(version, int) and version > FORMAT:
        raise CheckError(
            f"{INDEX_NAME} has format {version}; this chipassets reads up to format {FORMAT}: "
            "update chipassets, or build the bundle again with this one"
        )


def claimed_by_index(data: bytes) -> tuple[str, frozenset[str]] | None:
    """Return the game of an index and the paths that it lists; None if it is not chipassets'.

    An index of an older or newer format is accepted too: it says whose the files are.
    """
    try:
        found = json.loads(data)
        maker, game = found["generator"], found["game"]
        parts = [found["provenance"], *found.get("album", {}).values()]
        parts += [found["attributes"]] if found.get("attributes") else []
        for track in found["tracks"]:
            parts += [*track["files"].values(), *track.get("layers", [])]
        paths = [part["path"] for part in parts]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not (isinstance(maker, str) and maker.startswith("chipassets ") and isinstance(game, str)):
        return None
    if not all(isinstance(path, str) and _PATH.fullmatch(path) for path in paths):
        return None
    return game, frozenset(paths)


def _first_fault(error: Exception) -> str:
    """Return the first thing that is wrong in an index, with its place."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in fault['loc']) or 'top level'}: {fault['msg']}"
    return str(error)


def index_schema() -> dict[str, Any]:
    """Return the JSON Schema of bundle.json (draft 2020-12)."""
    schema = Index.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "chipassets bundle index"
    return schema

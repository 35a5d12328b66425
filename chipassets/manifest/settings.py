"""What a track says once its scene, the defaults and the presets have had their word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from chipassets.arrange.bank import DRUM_SOUNDS
from chipassets.chips.profiles import CHIPS
from chipassets.compose.avoiding import CHROMATIC
from chipassets.compose.ideas import ARPEGGIO
from chipassets.manifest.duration import METRES, PULSE_STEPS, Length
from chipassets.manifest.guidance import Factors
from chipassets.manifest.instruments import COLOUR_ROLES, DRUMS
from chipassets.manifest.keeping import FROZEN, OPEN
from chipassets.manifest.linked import VariantSaid
from chipassets.manifest.melody import WrittenMelody, melody_form
from chipassets.manifest.models import Manifest, Options, SceneOptions
from chipassets.manifest.motif_field import MotifUse
from chipassets.manifest.sound import sounding_layers
from chipassets.manifest.wishes import SectionsSaid
from chipassets.music.forms import FormPart, natural_bars
from chipassets.music.keys import Key
from chipassets.plan.presets import SCENES, Preset, character
from chipassets.plan.trackplan import OwnMood, Primer, Progression, Range, Sound, SoundsLike, Wish
from chipassets.units import steps_per_bar

DEFAULT_TAKES = 16
DEFAULT_TEMPERATURE = 1.0
DEFAULT_CHROMATIC_SHARE = 0.08
"""Less than the 0.13 that real pieces for the chip have: theirs have chords to go with it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One track before anything is drawn: a tempo range, and no key where none is said.

    `tempo_is_given` where the manifest says the range, which is the preset's otherwise. `bars` and,
    for a length in seconds, `tempo_millibpm` follow from the length. `match` is the track whose key
    and tempo this one gets; its metre it has here.
    """

    scene: str
    like: str
    moods: tuple[str, ...]
    own_moods: tuple[OwnMood, ...]
    preset: Preset
    tempo: Range
    tempo_is_given: bool
    length: Length | None
    bars: int
    tempo_millibpm: int | None
    beats_per_bar: float
    pulse_steps: int
    key: Key | None
    loops: bool
    primer: Primer | None
    condition_on_primer: bool
    inject_primer: bool
    temperature: float
    takes: int
    match: str | None
    seed: int | None
    form: tuple[FormPart, ...] | None
    progressions: tuple[Progression, ...]
    density: Range | None
    register: Range | None
    motifs: tuple[MotifUse, ...]
    melodies: tuple[WrittenMelody, ...]
    guidance: Factors
    chromatic_share: float
    sound: Sound
    ending: str
    pickup: Primer | None
    final_key: Key | int | None
    swing_percent: float
    shuffle_percent: float
    frozen: bool
    filter_name: str
    level_db: float
    wishes: tuple[Wish, ...]
    avoid: tuple[str, ...]
    sounds_like: SoundsLike | None

    @property
    def steps_per_bar(self) -> int:
        """Length of a bar in 16th notes."""
        return steps_per_bar(self.beats_per_bar)

    @property
    def total_steps(self) -> int:
        """Length in 16th notes."""
        return self.bars * self.steps_per_bar


def own_mood(name: str, manifest: Manifest) -> OwnMood:
    """Return the mood of that name under moods, as plans hold it; KeyError where there is none."""
    said = manifest.moods[name]
    return OwnMood(
        name=name,
        like=said.like or name,
        tempo=said.tempo,
        modes=said.modes or (),
        density=said.density,
        polyphony=said.polyphony,
        lead_pitch=said.lead_pitch,
        groove=said.groove,
        **(said.instruments or {}),
    )


def settings_of(manifest: Manifest, name: str) -> Settings:
    """Return the settings of a track: what it says, else its scene, the defaults, the preset.

    KeyError for a track or a scene that does not exist.
    """
    track = manifest.tracks[name]
    scene = track.scene or name
    layers = _layers(manifest, name)
    base = _base_scene(manifest, name)
    moods: tuple[str, ...] = _said(layers, "mood", SCENES[base].moods)
    own = tuple(own_mood(mood, manifest) for mood in moods if mood in manifest.moods)
    counts = track.match if track.match in manifest.tracks else name
    metre = _said(_layers(manifest, counts), "metre", "4/4")
    preset = _coloured(character(base, moods, metre, own), layers)
    avoid: tuple[str, ...] = _said(layers, "avoid", ())
    like: SoundsLike | None = _said(layers, "sounds_like", None)
    if like is not None:
        preset = _likened(preset, like)
    tempo: Range = _said(layers, "tempo", preset.tempo)
    length: Length | None = _said(layers, "length", None)
    beats = METRES[metre]
    form: tuple[FormPart, ...] | None = _said(layers, "form", None)
    melodies: tuple[WrittenMelody, ...] = _said(layers, "melody", ())
    melodies += _sections(layers).melodies
    if form is None:
        form = melody_form(melodies, steps_per_bar(beats), is_open=length is not None)
    own_bars = preset.bars if form is None else natural_bars(form)
    bars, tempo_millibpm = (own_bars, None) if length is None else length.bars(tempo, beats)
    return Settings(
        scene=scene,
        like=base,
        moods=moods,
        own_moods=own,
        preset=preset,
        tempo=tempo,
        tempo_is_given=_said(layers, "tempo", None) is not None,
        length=length,
        bars=bars,
        tempo_millibpm=tempo_millibpm,
        beats_per_bar=beats,
        pulse_steps=PULSE_STEPS[metre],
        key=_said(layers, "key", None),
        loops=_said(layers, "loop", preset.loops),
        primer=_said(layers, "primer", None),
        condition_on_primer=_said(layers, "condition_on_primer", True),
        inject_primer=_said(layers, "inject_primer", False),
        temperature=_said(layers, "temperature", DEFAULT_TEMPERATURE),
        takes=_said(layers, "takes", DEFAULT_TAKES),
        match=track.match,
        seed=track.seed,
        form=form,
        progressions=_progressions(layers),
        density=_said(layers, "density", None),
        register=_said(layers, "lead_pitch", None),
        avoid=avoid,
        sounds_like=like,
        motifs=_said(layers, "motif", ()) + _sections(layers).motifs,
        melodies=melodies,
        guidance=_said(layers, "guidance", ()),
        chromatic_share=0.0
        if CHROMATIC in avoid
        else _said(layers, "chromatic", DEFAULT_CHROMATIC_SHARE),
        sound=_sound(manifest, layers, preset),
        frozen=_said(layers, "lock", OPEN) == FROZEN,
        ending=_said(layers, "ending", ""),
        pickup=_said(layers, "pickup", None),
        final_key=_said(layers, "final_key", None),
        swing_percent=_said(layers, "swing", 0.0),
        shuffle_percent=_said(layers, "shuffle", 0.0),
        filter_name=_said(layers, "filter", ""),
        level_db=_said(layers, "level", SCENES[base].level_db),
        wishes=_wishes(layers),
    )


def _progressions(layers: tuple[Options, ...]) -> tuple[Progression, ...]:
    """The chords of the track and of its sections; what a section says itself goes first."""
    wishes = _sections(layers).wishes
    own = {wish.section: Progression(wish.section, wish.chords) for wish in wishes if wish.chords}
    said: tuple[Progression, ...] = _said(layers, "chords", ())
    return (*(one for one in said if one.section not in own), *own.values())


def _wishes(layers: tuple[Options, ...]) -> tuple[Wish, ...]:
    """What is wanted of the whole track, if anything, and then of its sections."""
    bass: str | tuple[tuple[int, int, int], ...] = _said(layers, "bass", "")
    whole = Wish(
        drums=_said(layers, "drums", None),
        texture=_said(layers, "texture", ""),
        bass=bass if isinstance(bass, str) else "",
        bass_line=() if isinstance(bass, str) else bass,
        dynamics_db=_said(layers, "dynamics", None),
        density=_said(layers, "density", None),
    )
    # What stands in a section alone is no wish.
    sections = tuple(wish for wish in _sections(layers).wishes if wish != Wish(wish.section))
    return sections if whole == Wish() else (whole, *sections)


def _sections(layers: tuple[Options, ...]) -> SectionsSaid:
    found: SectionsSaid = _said(layers, "sections", SectionsSaid())
    return found


def _layers(manifest: Manifest, name: str) -> tuple[Options, ...]:
    """Who has a say in a track's options, the first the most: itself, its scene, the defaults.

    A variant has its original's say behind its own, a track of a family the other's form, and a
    bridge is two bars that play once.
    """
    track = manifest.tracks[name]
    scene = manifest.scenes.get(track.scene or name, SceneOptions())
    of = _followed(manifest, name)
    if of is None:
        return track, scene, manifest.defaults
    if track.like:
        return track, changed_by(track.variant), scene, *_layers(manifest, of)
    if track.family:
        shared = [
            Options.model_construct(
                length=one.length, form=one.form, metre=one.metre, loop=one.loop
            )
            for one in _layers(manifest, of)
        ]
        return track, scene, *shared, _without_tune(manifest.defaults)
    bridge = Options.model_construct(
        length=_BRIDGE_LENGTH,
        form=(FormPart("A"),),
        metre=_said(_layers(manifest, of), "metre", None),
        loop=False,
    )
    return track, bridge, scene, _without_tune(manifest.defaults)


_BRIDGE_LENGTH = Length(Fraction(2), "bars")


def _without_tune(defaults: Options) -> Options:
    """The defaults without what would settle a tune or chords, which come from elsewhere."""
    settled = (
        "primer",
        "motif",
        "melody",
        "chords",
        "form",
        "sections",
        "ending",
        "pickup",
        "final_key",
    )
    return defaults.model_copy(update=dict.fromkeys(settled))


def _followed(manifest: Manifest, name: str) -> str | None:
    """Return the track that a track follows, if there is one that follows none itself."""
    track = manifest.tracks[name]
    of = track.like or track.family or track.from_track
    if of is None or of == name or of not in manifest.tracks:
        return None
    other = manifest.tracks[of]
    return None if other.like or other.family or other.from_track else of


def _base_scene(manifest: Manifest, name: str) -> str:
    """Return the preset of a track's scene: a track that follows another may take that one's."""
    track = manifest.tracks[name]
    scene = track.scene or name
    own = manifest.scenes.get(scene, SceneOptions()).like
    if own or scene in SCENES:
        return own or scene
    of = track.to if track.to in manifest.tracks and track.from_track else None
    of = of or _followed(manifest, name)
    if of is not None and of != name:
        other = manifest.tracks[of]
        there = other.scene or of
        return manifest.scenes.get(there, SceneOptions()).like or (
            there if there in SCENES else _ANY_SCENE
        )
    return _ANY_SCENE


_ANY_SCENE = "overworld"
"""What a track is measured by whose scene is refused: the refusal is said, and the rest checked."""


def changed_by(variant: VariantSaid | None) -> Options:
    """Return what a variant changes, as the options of a track."""
    if variant is None:
        return Options()
    return Options.model_construct(
        texture=variant.texture,
        drums=variant.drums,
        filter=variant.filter,
        instruments=dict(variant.instruments) or None,
    )


def _likened(preset: Preset, like: SoundsLike) -> Preset:
    """The preset with the ranges around what a file measures, where the track aims at them."""
    measures = like.measures
    ranges: dict[str, Any] = {}
    if like.has("density"):
        ranges["density"] = Range(0.85 * measures.density, 1.15 * measures.density)
        ranges["polyphony"] = Range(max(1.0, measures.voices - 0.5), measures.voices + 0.5)
    if like.has("register"):
        middle = min(max(measures.register, _LOWEST_MIDDLE), _HIGHEST_MIDDLE)
        ranges["lead_pitch"] = Range(middle - 3, middle + 3)
    modes = (measures.mode,) if "harmony" in like.aims else preset.modes
    return replace(preset, modes=modes, character=replace(preset.character, **ranges))


_LOWEST_MIDDLE, _HIGHEST_MIDDLE = 58.0, 84.0
"""Where the middle of a tune can lie that a lead voice plays."""


def _coloured(preset: Preset, layers: tuple[Options, ...]) -> Preset:
    """Return the preset with the instruments that the layers name, role by role."""
    colours: dict[str, Any] = {}
    for layer in reversed(layers):
        colours |= layer.instruments or {}
    colours.pop(DRUMS, None)
    return replace(preset, character=replace(preset.character, **colours))


def _sound(manifest: Manifest, layers: tuple[Options, ...], preset: Preset) -> Sound:
    used = {getattr(preset.character, role) for role in COLOUR_ROLES} | DRUM_SOUNDS.keys()
    wishes = _sections(layers).wishes
    used |= {name for wish in wishes for name in (wish.lead, wish.inner, wish.low) if name}
    leave = _said(layers, "leave", ())
    return Sound(
        leave=leave,
        arpeggio=_said(layers, "arpeggio", ARPEGGIO not in _said(layers, "avoid", ())),
        layers=sounding_layers(_said(layers, "layers", ()), manifest.chip, leave),
        instruments=tuple(
            replace(instrument, name=name)
            for name, instrument in manifest.instruments.items()
            if name in used
        ),
        drums=_kit(manifest, layers),
    )


def _kit(manifest: Manifest, layers: tuple[Options, ...]) -> str:
    """The drum kit that the first layer names which names one, else the chip's usual one."""
    for layer in layers:
        if layer.instruments and DRUMS in layer.instruments:
            return layer.instruments[DRUMS]
    return CHIPS[manifest.chip].kits[0]


def said_of(manifest: Manifest, name: str, option: str) -> Any:
    """Return what a track says of an option, or its scene, or the defaults; None without any."""
    return _said(_layers(manifest, name), option, None)


def _said(layers: tuple[Options, ...], option: str, otherwise: Any) -> Any:
    said = (getattr(layer, option) for layer in layers)
    return next((value for value in said if value is not None), otherwise)

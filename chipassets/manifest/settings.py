"""The settings of a track: its own, then its scene's, the defaults' and the preset's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from chipassets.arrange.bank import DRUM_SOUNDS
from chipassets.chips.profiles import CHIPS
from chipassets.compose.avoiding import CHROMATIC
from chipassets.compose.ideas import ARPEGGIO
from chipassets.manifest.duration import Length
from chipassets.manifest.guidance import Factors
from chipassets.manifest.instruments import COLOUR_ROLES, DRUMS
from chipassets.manifest.keeping import FROZEN, OPEN
from chipassets.manifest.linked import VariantOptions
from chipassets.manifest.melody_field import WrittenMelody, melody_bars, melody_form
from chipassets.manifest.models import Manifest, Options, SceneOptions
from chipassets.manifest.motif_field import MotifUse
from chipassets.manifest.sound import sounding_layers
from chipassets.manifest.wishes import SectionOptions
from chipassets.music.forms import FormPart, natural_form
from chipassets.music.keys import Key
from chipassets.plan.presets import SCENES, Preset, character
from chipassets.plan.trackplan import OwnMood, Primer, Progression, Range, Sound, SoundsLike, Wish
from chipassets.units import METRES, PULSE_STEPS, steps_per_bar

DEFAULT_TAKES = 16
DEFAULT_TEMPERATURE = 1.0
DEFAULT_CHROMATIC_SHARE = 0.08
"""Less than the 0.13 of real pieces for the chip, in which such notes belong to the chords."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one track before any random draw; ranges and keys that are not set stay open.

    `tempo_is_given`: the manifest sets the tempo range, not the preset. `bars` and, for a length in
    seconds, `tempo_millibpm` follow from the length. `match`: the track whose key and tempo this
    one gets later; its metre is already set here.
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
        """Length of a bar in 16ths."""
        return steps_per_bar(self.beats_per_bar)

    @property
    def total_steps(self) -> int:
        """Length of the track in 16ths."""
        return self.bars * self.steps_per_bar


def own_mood(name: str, manifest: Manifest) -> OwnMood:
    """Return a custom mood in the form that plans use; KeyError if there is none of this name."""
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
    """Return a track's settings: its own, else those of its scene, the defaults, the preset.

    KeyError for a track or a scene that does not exist.
    """
    found: Settings | None = manifest.found.get(name)
    if found is None:
        found = manifest.found[name] = _settings(manifest, name)
    return found


def _settings(manifest: Manifest, name: str) -> Settings:
    """Return the settings of an existing track, every option from the first layer that sets it."""
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
    bars, tempo_millibpm = preset.bars, None
    if length is not None:
        bars, tempo_millibpm = length.bars(tempo, beats)
    elif form is not None:
        form = natural_form(form, melody_bars(melodies, steps_per_bar(beats)))
        bars = sum(part.bars or 0 for part in form)
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
    """Return the chords of the track and of its sections; those set for a section take priority."""
    wishes = _sections(layers).wishes
    own = {wish.section: Progression(wish.section, wish.chords) for wish in wishes if wish.chords}
    said: tuple[Progression, ...] = _said(layers, "chords", ())
    return (*(one for one in said if one.section not in own), *own.values())


def _asked_density(layers: tuple[Options, ...]) -> Range | None:
    """Return the density that the manifest sets, or else that of the file to be like."""
    like: SoundsLike | None = _said(layers, "sounds_like", None)
    said: Range | None = _said(layers, "density", None)
    if said is not None or like is None or not like.has("density"):
        return said
    return Range(_LIKE_LEAST * like.measures.density, _LIKE_MOST * like.measures.density)


_LIKE_LEAST, _LIKE_MOST = 0.85, 1.15
"""The density of a piece that is like a file, as factors on the file's."""


def _wishes(layers: tuple[Options, ...]) -> tuple[Wish, ...]:
    """Return the wishes for the whole track, if any, then those for its sections."""
    bass: str | tuple[tuple[int, int, int], ...] = _said(layers, "bass", "")
    whole = Wish(
        drums=_said(layers, "drums", None),
        texture=_said(layers, "texture", ""),
        bass=bass if isinstance(bass, str) else "",
        bass_line=() if isinstance(bass, str) else bass,
        dynamics_db=_said(layers, "dynamics", None),
        density=_asked_density(layers),
        register=_said(layers, "lead_pitch", None),
    )
    # Motifs and melodies of a section are no wishes.
    sections = tuple(wish for wish in _sections(layers).wishes if wish != Wish(wish.section))
    return sections if whole == Wish() else (whole, *sections)


def _sections(layers: tuple[Options, ...]) -> SectionOptions:
    found: SectionOptions = _said(layers, "sections", SectionOptions())
    return found


def _layers(manifest: Manifest, name: str) -> tuple[Options, ...]:
    """Return the option sets of a track by precedence: its own, its scene's, the defaults'.

    A variant has its original's options after its own; a track of a family has the form of its
    relative; a bridge has two bars and does not loop.
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
    """Return the defaults without options that would set a tune or chords."""
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
    """Return the track that a track follows, if there is one and it follows none itself."""
    track = manifest.tracks[name]
    of = track.like or track.family or track.from_track
    if of is None or of == name or of not in manifest.tracks:
        return None
    other = manifest.tracks[of]
    return None if other.like or other.family or other.from_track else of


def _base_scene(manifest: Manifest, name: str) -> str:
    """Return the preset of a track's scene; by default that of the track which it follows."""
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
"""The scene used for a track whose scene is refused, so that the rest can be checked."""


def changed_by(variant: VariantOptions | None) -> Options:
    """Return the changes of a variant as options of a track."""
    if variant is None:
        return Options()
    return Options.model_construct(
        texture=variant.texture,
        drums=variant.drums,
        filter=variant.filter,
        instruments=dict(variant.instruments) or None,
    )


def _likened(preset: Preset, like: SoundsLike) -> Preset:
    """Return the preset with the ranges that the track takes from a reference file."""
    measures = like.measures
    ranges: dict[str, Any] = {}
    if like.has("density"):
        ranges["density"] = Range(_LIKE_LEAST * measures.density, _LIKE_MOST * measures.density)
        ranges["polyphony"] = Range(max(1.0, measures.voices - 0.5), measures.voices + 0.5)
    if like.has("register"):
        middle = min(max(measures.register, _LOWEST_MIDDLE), _HIGHEST_MIDDLE)
        ranges["lead_pitch"] = Range(middle - 3, middle + 3)
    modes = (measures.mode,) if "harmony" in like.aims else preset.modes
    return replace(preset, modes=modes, character=replace(preset.character, **ranges))


_LOWEST_MIDDLE, _HIGHEST_MIDDLE = 58.0, 84.0
"""The MIDI pitches in which the median of a lead voice's tune can lie."""


def _coloured(preset: Preset, layers: tuple[Options, ...]) -> Preset:
    """Return the preset with the instruments that the layers set, role by role."""
    colours: dict[str, Any] = {}
    for layer in reversed(layers):
        colours |= layer.instruments or {}
    colours.pop(DRUMS, None)
    return replace(preset, character=replace(preset.character, **colours))


def _sound(manifest: Manifest, layers: tuple[Options, ...], preset: Preset) -> Sound:
    """Return the sound settings of a track, with the custom instruments that it uses."""
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
    """Return the drum kit of the first layer that sets one, else the chip's default kit."""
    for layer in layers:
        if layer.instruments and DRUMS in layer.instruments:
            return layer.instruments[DRUMS]
    return CHIPS[manifest.chip].kits[0]


def option_of(manifest: Manifest, name: str, option: str) -> Any:
    """Return the value of an option that the track, its scene or the defaults set; else None."""
    return _said(_layers(manifest, name), option, None)


def _said(layers: tuple[Options, ...], option: str, otherwise: Any) -> Any:
    """Return the value of an option in the first layer that sets it, else `otherwise`."""
    for layer in layers:
        value = getattr(layer, option)
        if value is not None:
            return value
    return otherwise

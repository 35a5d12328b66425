"""Resolves flags, manifest, presets and defaults into one frozen plan.

Later stages read no options.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from chipassets.chips.profiles import CHIPS
from chipassets.compose.ideas import SILENT
from chipassets.errors import UsageError
from chipassets.manifest import Manifest, Settings, settings_of
from chipassets.manifest.melody_field import WrittenMelody
from chipassets.manifest.motif_field import PLAIN_MILLIBPM, MotifUse, tune_of
from chipassets.manifest.words import format_fault
from chipassets.music.chords import parse_chord
from chipassets.music.forms import default_form, lay_out
from chipassets.music.keyfit import fitting_key, guess_key, numeral_modes
from chipassets.music.keys import Key
from chipassets.music.motifs import FRAGMENT, IN_MODE, LITERAL
from chipassets.music.notes import LEAD
from chipassets.music.score import Note
from chipassets.nearest import did_you_mean
from chipassets.plan.formats import FORMATS
from chipassets.plan.presets import DENSITY_MAX
from chipassets.plan.trackplan import (
    MODE,
    PACE,
    REGISTER,
    TEMPO,
    VOICES,
    BuildPlan,
    Character,
    HomeKey,
    Melody,
    Motif,
    Primer,
    Progression,
    Range,
    Reference,
    TrackPlan,
    Wish,
)
from chipassets.resolve.framing import with_frame
from chipassets.resolve.home_key import find_home_key, near_key, near_tempo
from chipassets.resolve.linking import link_track
from chipassets.seeds import derive_rng, derive_seed

PLAN_VERSION = 3
"""Raised when the same manifest gives other keys or tempi: the random draws depend on it."""

# Seeds have 48 bits, so that a manifest can hold the one that a bundle names.
_SEED_BITS = 48


def resolve(
    manifest: Manifest,
    *,
    model_override: str | None = None,
    formats_override: Sequence[str] | None = None,
    seed_override: int | None = None,
    takes_override: int | None = None,
    only: Sequence[str] = (),
    reference: Reference | None = None,
) -> BuildPlan:
    """Return the plan of all tracks, or of those named in `only`, in manifest order.

    An override, from the command line, replaces the manifest's value. UsageError for a format, a
    number of takes or a track that does not exist.
    """
    seed = manifest.seed if seed_override is None else seed_override
    home = find_home_key(manifest, seed, PLAN_VERSION)
    names = _chosen(tuple(manifest.tracks), only)

    def planned(name: str) -> TrackPlan:
        return _track(name, settings_of(manifest, name), manifest, home, seed, takes_override)

    if takes_override is not None and takes_override < 1:
        raise UsageError(f"{takes_override} takes: a track needs at least one; write 1 or more")
    return BuildPlan(
        game=manifest.game,
        seed=seed,
        chip=manifest.chip,
        model=model_override or manifest.model,
        formats=manifest.formats
        if formats_override is None
        else _formats(formats_override, manifest.chip),
        tracks=tuple(
            replace(
                link_track(manifest, _matched(planned(name), planned), planned),
                reference=reference,
            )
            for name in names
        ),
        filter_name=manifest.filter or CHIPS[manifest.chip].filters[0],
        loudness_lufs=manifest.loudness,
        quality=manifest.quality,
        rom_budget_bytes=manifest.rom_budget,
        author=manifest.author,
        copyright_line=manifest.copyright,
        home=home,
    )


def _matched(track: TrackPlan, planned: Callable[[str], TrackPlan]) -> TrackPlan:
    """Return the track with the key and tempo of the track that it matches, if any."""
    if track.match is None:
        return track
    other = planned(track.match)
    return replace(track, key=other.key, tempo_millibpm=other.tempo_millibpm, given=(TEMPO, MODE))


def _chosen(names: tuple[str, ...], only: Sequence[str]) -> tuple[str, ...]:
    """Return the names that `only` selects, all if it is empty; UsageError for an unknown one."""
    for name in only:
        if name not in names:
            fix = did_you_mean(name, names, "tracks")
            raise UsageError(f"the manifest has no track '{name}'; {fix}")
    return tuple(name for name in names if not only or name in only)


def _formats(wanted: Sequence[str], chip: str) -> tuple[str, ...]:
    """Return the formats in the table's order; UsageError if one is unknown or unfit."""
    for name in wanted:
        if name not in FORMATS:
            near = did_you_mean(name, tuple(FORMATS), "formats")
            raise UsageError(f"'{name}' is no format; {near}")
        if why := format_fault(name, chip):
            raise UsageError(f"{why}; leave it out, or change the chip")
    if not wanted:
        raise UsageError(f"No format is asked for; the formats are {', '.join(FORMATS)}")
    return tuple(name for name in FORMATS if name in wanted)


def _track(
    name: str, settings: Settings, manifest: Manifest, home: HomeKey, seed: int, takes: int | None
) -> TrackPlan:
    """Draw what the settings leave open.

    Every number is drawn even if it is not used, so that setting the tempo in the manifest does not
    change the key.
    """
    was = manifest.tracks[name].was
    origin = was or name
    rng = derive_rng(seed, origin, "plan", PLAN_VERSION)
    tempo_draw, mode_draw, tonic_draw, form_draw, *own_draws = (
        float(rng.random()) for _ in range(6)
    )
    own_seed = derive_seed(seed, origin, "track") >> (128 - _SEED_BITS)
    key = settings.key or _open_key(settings, mode_draw, tonic_draw, home)
    drawn: dict[str, Any] = {
        "name": name,
        "seed": own_seed if settings.seed is None else settings.seed,
        "tempo_millibpm": settings.tempo_millibpm or near_tempo(home, settings.tempo, tempo_draw),
        "key": key,
        "takes": settings.takes if takes is None else takes,
        "character": _character(settings, *own_draws),
        "form": lay_out(settings.form, settings.bars)
        if settings.form
        else default_form(
            settings.bars, loops=settings.loops, scene=settings.scene, draw=form_draw
        ),
        "motifs": tuple(_motif(manifest, use) for use in settings.motifs),
        "melodies": tuple(_melody(own) for own in settings.melodies),
        "scene_like": settings.like,
        "given": _given(settings, key),
        "was": was,
    }
    said: dict[str, Any] = {name: getattr(settings, name) for name in _AS_SAID}
    return with_frame(settings, TrackPlan(**(said | drawn)))


_AS_SAID = {item.name for item in fields(Settings)} & {item.name for item in fields(TrackPlan)}
"""The settings that the plan takes over under the same name, unless they are drawn."""


def _given(settings: Settings, key: Key) -> tuple[str, ...]:
    """Return which features the manifest sets.

    The mode counts as set if no preset asks for it: then the chords require it.
    """
    is_mode_given = (
        settings.key is not None or bool(settings.melodies) or key.mode not in settings.preset.modes
    )
    is_tune_given = any(own.transform == LITERAL for own in settings.melodies)
    whole = next((wish for wish in settings.wishes if not wish.section), Wish())
    is_thin = SILENT in (whole.texture, whole.bass)
    return (
        (TEMPO,) * settings.tempo_is_given
        + (MODE,) * is_mode_given
        + (REGISTER,) * is_tune_given
        + (PACE,) * (settings.density is not None or is_thin)
        + (VOICES,) * is_thin
    )


def _character(settings: Settings, density_draw: float, lead_draw: float) -> Character:
    """Return the track's own character; ranges that a custom mood sets are kept."""
    wanted = settings.preset.character
    asked = {
        name: getattr(wanted, name)
        for name in ("density", "lead_pitch")
        if any(getattr(mood, name) for mood in settings.own_moods)
    }
    said = {"density": settings.density, "lead_pitch": settings.register}
    asked |= {name: span for name, span in said.items() if span is not None}
    if settings.sounds_like is not None:
        like = settings.sounds_like
        held = [name for name, measure in _HELD.items() if like.has(measure)]
        asked = {name: getattr(wanted, name) for name in held} | asked
    return replace(own_character(wanted, density_draw, lead_draw), **asked)


_HELD = {"density": "density", "lead_pitch": "register"}
"""The ranges of a character that follow from a reference file, and the aim that each belongs to."""


def own_character(character: Character, density_draw: float, lead_draw: float) -> Character:
    """Return the character of one track: denser or sparser, higher or lower than its scene's.

    The draws are in [0, 1); 0.5 changes nothing. They make tracks of one scene differ.
    """
    denser, higher = 2 * density_draw - 1, 2 * lead_draw - 1
    factor = (_DENSER if denser > 0 else _SPARSER) ** denser
    shift = (_HIGHER if higher > 0 else _LOWER) * higher
    density, lead = character.density, character.lead_pitch
    low, high = (min(round(edge * factor, 2), DENSITY_MAX) for edge in (density.low, density.high))
    return replace(
        character,
        density=Range(min(low, high / 2), high),
        lead_pitch=Range(round(lead.low + shift, 1), round(lead.high + shift, 1)),
    )


def _open_key(settings: Settings, mode_draw: float, tonic_draw: float, home: HomeKey) -> Key:
    """Return the key of the primer or of the chords, else one near the home key."""
    modes = settings.preset.modes
    if settings.melodies and settings.primer is None:
        return _melody(settings.melodies[0]).tune.key
    opening = settings.primer or _sounding_chords(settings.progressions)
    if opening is not None:
        return fitting_key(opening, modes)
    modes = numeral_modes(_names(settings.progressions), modes)
    return near_key(home, modes[_weighted(len(modes), mode_draw)], tonic_draw)


def _sounding_chords(progressions: Sequence[Progression]) -> Primer | None:
    """Return the first progression of named chords as notes; Roman numerals fit any tonic."""
    names = [name for name in _names(progressions[:1]) if name[0] in "ABCDEFG"]
    chords = [parse_chord(name, Key(0, "major")) for name in names]
    if not chords:
        return None
    tones = [(chord.root, *sorted(chord.pitch_classes - {chord.root})) for chord in chords]
    notes = [Note(i, 1, 60 + tone) for i, chord in enumerate(tones) for tone in chord]
    return Primer(tuple(notes), len(chords))


def _names(progressions: Sequence[Progression]) -> list[str]:
    return [name for progression in progressions for bar in progression.bars for name in bar]


def _melody(own: WrittenMelody) -> Melody:
    """Return the melody in the plan's form: named by its section, its key guessed if not given."""
    guess = guess_key(own.tune)
    rival = None if own.key else guess.rival
    name, key = f"melody-{own.section}", own.key or guess.key
    notes, steps = own.tune.notes, own.tune.steps
    tune = Motif(name, notes, steps, key, own.transform, rival=rival)
    return Melody(own.section, tune, own.pickup)


def _motif(manifest: Manifest, use: MotifUse) -> Motif:
    """Return the motif in the plan's form.

    That of a track is its first motif, else its primer's opening.
    """
    key, stretch, tempo = None, False, PLAIN_MILLIBPM
    if use.from_track:
        settings = settings_of(manifest, use.name)
        own = next((motif for motif in settings.motifs if not motif.from_track), None)
        key = settings.key
        if own is not None:
            lent = _motif(manifest, replace(own, transform=IN_MODE, part=LEAD, section=""))
            return _used(replace(lent, name=use.name), use)
        bar = settings.steps_per_bar
        if settings.primer is None:
            raise UsageError(f"Track '{use.name}' has no motif and no primer to take")
        tune = tune_of(settings.primer, _OPENING_BARS * bar)
    else:
        written = manifest.motifs[use.name]
        tune, key = tune_of(written.primer), written.key
        stretch, tempo = written.stretch, written.tempo_millibpm
    guess = guess_key(tune)
    rival = None if key else guess.rival
    motif = Motif(
        use.name, tune.notes, tune.steps, key or guess.key, IN_MODE, stretch, tempo, rival
    )
    return _used(motif, use)


def _used(motif: Motif, use: MotifUse) -> Motif:
    """Return the motif as a track quotes it; for a fragment, its first half."""
    motif = replace(
        motif,
        transform=use.transform,
        stretch=motif.stretch if use.stretch is None else use.stretch,
        part=use.part,
        section=use.section,
    )
    if use.transform != FRAGMENT:
        return motif
    half = -(-motif.steps // 2)
    notes = [note.until(half) for note in motif.notes if note.start_step < half]
    return replace(motif, notes=tuple(notes), steps=half)


def _weighted(count: int, draw: float) -> int:
    """Return an index below `count`, each half as likely as the one before it."""
    weights = [0.5**index for index in range(count)]
    left = draw * math.fsum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return count - 1


# A part of the spread of real pieces around the median of their theme: factors on the density,
# and semitones. A much higher lead is shrill on these chips.
_SPARSER, _DENSER = 1.65, 2.0
_LOWER, _HIGHER = 8.0, 6.0

_OPENING_BARS = 2

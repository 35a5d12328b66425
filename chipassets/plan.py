"""Flags, manifest, presets and defaults become one frozen plan, the last word on options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chipassets.chipsong import Instrument
from chipassets.errors import UsageError
from chipassets.keys import MODES, Key, pitch_name
from chipassets.manifest import Manifest, Settings, settings_of
from chipassets.manifest.refusal import did_you_mean
from chipassets.manifest.sound import default_filter
from chipassets.manifest.words import FORMATS
from chipassets.seeds import derive_rng, derive_seed
from chipassets.trackplan import BuildPlan, Primer, Range, Sound, TrackPlan

PLAN_VERSION = 1
"""Raised when the same manifest is to give other keys or tempi: the draws depend on it."""

# Seeds stay in 48 bits, so that a manifest can repeat the one that a bundle names.
_SEED_BITS = 48

# How well a pitch class of the primer speaks for a key: the tonic more than the rest of its triad,
# that more than the rest of the scale; the first note counts once more when it is the tonic.
_TONIC, _TRIAD, _SCALE, _FOREIGN, _FIRST = 2.0, 1.5, 1.0, -2.0, 0.5


def resolve(
    manifest: Manifest,
    *,
    model_override: str | None = None,
    formats_override: Sequence[str] | None = None,
    seed_override: int | None = None,
    takes_override: int | None = None,
    only: Sequence[str] = (),
) -> BuildPlan:
    """Return the plan of the whole game, or of the tracks named in `only`, in manifest order.

    An override, from the command line, beats what the manifest says. UsageError for a format, a
    number of takes or a track that does not exist.
    """
    seed = manifest.seed if seed_override is None else seed_override
    names = _chosen(tuple(manifest.tracks), only)
    if takes_override is not None and takes_override < 1:
        raise UsageError(f"{takes_override} takes: at least one is composed; write 1 or more")
    return BuildPlan(
        game=manifest.game,
        seed=seed,
        chip=manifest.chip,
        model=model_override or manifest.model,
        formats=manifest.formats if formats_override is None else _formats(formats_override),
        tracks=tuple(
            _track(name, settings_of(manifest, name), seed, takes_override) for name in names
        ),
        filter_name=manifest.filter or default_filter(manifest.chip),
        loudness_lufs=manifest.loudness,
    )


def _chosen(names: tuple[str, ...], only: Sequence[str]) -> tuple[str, ...]:
    for name in only:
        if name not in names:
            fix = did_you_mean(name, names, "tracks")
            raise UsageError(f"The manifest has no track '{name}'; {fix}")
    return tuple(name for name in names if not only or name in only)


def _formats(wanted: Sequence[str]) -> tuple[str, ...]:
    for name in wanted:
        if name not in FORMATS:
            raise UsageError(f"'{name}' is no format; {did_you_mean(name, FORMATS, 'formats')}")
    if not wanted:
        raise UsageError(f"No format is asked for; the formats are {', '.join(FORMATS)}")
    return tuple(name for name in FORMATS if name in wanted)


def _track(name: str, settings: Settings, seed: int, takes: int | None) -> TrackPlan:
    """Draw what is open. Every number is drawn, used or not, so that a tempo that is written
    into the manifest does not move the key.
    """
    rng = derive_rng(seed, name, "plan", PLAN_VERSION)
    tempo_draw, mode_draw, tonic_draw = (float(rng.random()) for _ in range(3))
    own_seed = derive_seed(seed, name, "track") >> (128 - _SEED_BITS)
    return TrackPlan(
        name=name,
        scene=settings.scene,
        moods=settings.moods,
        seed=own_seed if settings.seed is None else settings.seed,
        bars=settings.bars,
        beats_per_bar=settings.beats_per_bar,
        tempo_millibpm=settings.tempo_millibpm or _drawn_tempo(settings.tempo, tempo_draw),
        key=settings.key or _open_key(settings, mode_draw, tonic_draw),
        loops=settings.loops,
        primer=settings.primer,
        condition_on_primer=settings.condition_on_primer,
        inject_primer=settings.inject_primer,
        temperature=settings.temperature,
        takes=settings.takes if takes is None else takes,
        character=settings.preset.character,
        sound=settings.sound,
        scene_like=settings.like,
    )


def _drawn_tempo(tempo: Range, draw: float) -> int:
    """A whole tempo of the range where it holds one, in thousandths; `draw` is in [0, 1)."""
    low, high = -int(-tempo.low // 1), int(tempo.high // 1)
    if low > high or tempo.low == tempo.high:
        return round((tempo.low + draw * (tempo.high - tempo.low)) * 1000)
    return (low + int(draw * (high - low + 1))) * 1000


def _open_key(settings: Settings, mode_draw: float, tonic_draw: float) -> Key:
    modes = settings.preset.modes
    if settings.primer is not None:
        return fitting_key(settings.primer, modes)
    return Key(int(tonic_draw * 12), modes[_weighted(len(modes), mode_draw)])


def _weighted(count: int, draw: float) -> int:
    """An index below `count`, each half as likely as the one before it."""
    weights = [0.5**index for index in range(count)]
    left = draw * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return count - 1


def fitting_key(primer: Primer, modes: Sequence[str]) -> Key:
    """Return the key, of the given modes, that the primer's notes speak for most.

    Each note counts by its length; among equals the earlier mode wins, then the lower tonic.
    """
    keys = [Key(tonic, mode) for mode in modes for tonic in range(12)]
    return max(keys, key=lambda key: _fit(primer, key))


def _fit(primer: Primer, key: Key) -> float:
    scale = key.harmony_scale
    weights = dict.fromkeys(MODES[key.mode], _SCALE) | {
        scale[2]: _TRIAD,
        scale[4]: _TRIAD,
        0: _TONIC,
    }
    first = primer.notes[0]
    total = sum(
        weights.get((note.pitch - key.tonic) % 12, _FOREIGN) * note.duration_steps
        for note in primer.notes
    )
    return total + (_FIRST * first.duration_steps if first.pitch % 12 == key.tonic else 0.0)


def plan_to_json(plan: BuildPlan) -> dict[str, Any]:
    """Return the plan as JSON values, keys in a fixed order: equal plans give equal texts."""
    return asdict(plan) | {
        "formats": list(plan.formats),
        "tracks": [_track_json(track) for track in plan.tracks],
    }


def _track_json(track: TrackPlan) -> dict[str, Any]:
    return asdict(track) | {
        "moods": list(track.moods),
        "key": str(track.key),
        "primer": None if track.primer is None else _primer_json(track.primer),
        "character": {
            name: [value["low"], value["high"]] if isinstance(value, dict) else value
            for name, value in asdict(track.character).items()
        },
        "sound": _sound_json(track.sound),
    }


def _sound_json(sound: Sound) -> dict[str, Any]:
    return {
        "leave": list(sound.leave),
        "arpeggio": sound.arpeggio,
        "layers": [{"name": item.name, "voices": list(item.voices)} for item in sound.layers],
        "instruments": [_instrument_json(item) for item in sound.instruments],
    }


def _instrument_json(instrument: Instrument) -> dict[str, Any]:
    return {
        name: value | {"values": list(value["values"])} if isinstance(value, dict) else value
        for name, value in asdict(instrument).items()
    }


def _primer_json(primer: Primer) -> dict[str, Any]:
    notes = [f"{note.start_step}:{pitch_name(note.pitch)}+{note.duration_steps}"
             for note in primer.notes]  # fmt: skip
    return {"steps": primer.steps, "notes": notes}


def plan_to_text(plan: BuildPlan) -> str:
    """Return the plan for people: a few lines on the build, then a block for each track."""
    head = [
        f"{plan.game}: {len(plan.tracks)} tracks for {plan.chip}, "
        f"model {plan.model}, seed {plan.seed}, {', '.join(plan.formats)}",
        f"{plan.loudness_lufs:g} LUFS, filter {plan.filter_name}",
    ]
    return "\n".join(line for block in (head, *map(_track_lines, plan.tracks)) for line in block)


def _track_lines(track: TrackPlan) -> list[str]:
    seconds = track.bars * track.beats_per_bar * 60_000 / track.tempo_millibpm
    end = "loops" if track.loops else "plays once"
    sound = track.character
    lines = [
        "",
        f"{track.name}: {track.scene} ({', '.join(track.moods)})",
        f"  {track.key}, {track.tempo_millibpm / 1000:g} bpm, {track.bars} bars "
        f"of {track.beats_per_bar} beats, {seconds:.1f} s, {end}",
        f"  {track.takes} takes at temperature {track.temperature:g}, seed {track.seed}",
        f"  {sound.lead} / {sound.inner} / {sound.bass}, groove {sound.groove}; "
        f"{_span(sound.density)} notes a beat, {_span(sound.polyphony)} at once, "
        f"lead around {_span(sound.lead_pitch)}",
    ]
    lines += _sound_lines(track.sound)
    return lines if track.primer is None else [*lines, _primer_line(track, track.primer)]


def _sound_lines(sound: Sound) -> list[str]:
    """What is not as it is by default."""
    lines = [f"  leaves {', '.join(sound.leave)} free"] if sound.leave else []
    if not sound.arpeggio:
        lines.append("  no arpeggios")
    if sound.layers:
        lines.append("  layers " + ", +".join("+".join(item.voices) for item in sound.layers))
    if sound.instruments:
        lines.append(f"  own instruments {', '.join(item.name for item in sound.instruments)}")
    return lines


def _primer_line(track: TrackPlan, primer: Primer) -> str:
    modes = {
        (True, False): "heard by the model and played",
        (True, True): "heard by the model, played, then harmonised",
        (False, True): "played, then harmonised",
        (False, False): "played, not heard by the model",
    }
    how = modes[track.condition_on_primer, track.inject_primer]
    return f"  primer of {len(primer.notes)} notes in {primer.steps} steps, {how}"


def _span(measure: Range) -> str:
    return f"{measure.low:g}-{measure.high:g}"

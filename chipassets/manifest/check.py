"""Checks across keys: a track must fit its scene, its own other keys and the other tracks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from chipassets.manifest.check_avoid import check_avoid
from chipassets.manifest.check_linked import LINKS, check_linked
from chipassets.manifest.check_tracks import check_match, check_was
from chipassets.manifest.check_writing import check_writing
from chipassets.manifest.clash import Clash
from chipassets.manifest.document import Document, Steps
from chipassets.manifest.duration import MAX_BARS, Length
from chipassets.manifest.models import Manifest, MoodOptions, SceneOptions, Track
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings, settings_of
from chipassets.nearest import did_you_mean
from chipassets.plan.presets import MOODS, SCENES
from chipassets.units import amount_of

_OPTIONS = {
    field.alias or name
    for part in (Track, SceneOptions, MoodOptions)
    for name, field in part.model_fields.items()
}

_SETTLE_SCENE = {"scene", *LINKS}
"""Keys of a track that name its scene, or the track whose scene it takes."""

Found = Iterator[tuple[Steps, Fault]]


def check_names(document: Document, scenes: tuple[str, ...]) -> Found:
    """Yield what is wrong with names that refer to each other; the document may be malformed."""
    for name, track in _entries(document, "tracks"):
        if name not in scenes and (
            track is None or (isinstance(track, dict) and not track.keys() & _SETTLE_SCENE)
        ):
            yield (
                ("tracks", name),
                Fault("it has no scene:, and its name is not that of a scene",
                      f"add scene: below it; {did_you_mean(name, scenes, 'scenes')}",
                      on_key=True, found=f"track '{name[:60]}'"),
            )  # fmt: skip
    yield from _without_like(document, "scenes", "scene", tuple(SCENES))
    yield from _without_like(document, "moods", "mood", tuple(MOODS))
    for name, _ in _entries(document, "moods"):
        if name in MOODS:
            yield (
                ("moods", name),
                Fault("it is the name of a preset, which cannot be redefined",
                      f"call it another name, like my_{name}, with like: {name}",
                      on_key=True, found=f"mood '{name}'"),
            )  # fmt: skip


def _without_like(document: Document, part: str, what: str, presets: tuple[str, ...]) -> Found:
    """Yield a fault for each custom scene or mood that names no built-in one."""
    for name, entry in _entries(document, part):
        if name not in presets and (
            entry is None or (isinstance(entry, dict) and "like" not in entry)
        ):
            yield (
                (part, name),
                Fault(f"a custom {what} starts from a built-in one",
                      f"add like: below it; {did_you_mean(name, presets, part)}",
                      on_key=True, found=f"{what} '{name[:60]}'"),
            )  # fmt: skip


def check_empty(document: Document) -> Found:
    """Yield the options that have no value; the document may be malformed."""
    owners: list[tuple[Steps, object]] = [(("defaults",), document.values.get("defaults"))]
    for part in ("tracks", "scenes", "moods"):
        owners += [((part, name), value) for name, value in _entries(document, part)]
    for steps, owner in owners:
        for option, value in owner.items() if isinstance(owner, dict) else ():
            if value is None and option in _OPTIONS:
                yield (*steps, option), Fault("it has no value", "write one, or delete the line")


def _own_options(track: Track) -> set[str]:
    """Return the options that a track sets itself, by their names in the manifest."""
    return {
        info.alias or field
        for field, info in type(track).model_fields.items()
        if getattr(track, field) is not None
    }


def _entries(document: Document, part: str) -> list[tuple[str, object]]:
    values = document.values.get(part)
    return list(values.items()) if isinstance(values, dict) else []


def check_track(manifest: Manifest, name: str) -> Iterator[Clash]:
    """Yield which values of a track do not fit together."""
    settings, track = settings_of(manifest, name), manifest.tracks[name]
    steps = ("tracks", name)
    needs = _length_needs(settings.length)
    for fault in _length_faults(settings):
        yield Clash((*steps, "length"), fault, needs)
    for index, layer in enumerate(settings.sound.layers):
        if not layer.voices:
            fault = Fault("no voice is left in the layer, because leave: names all of its voices",
                          "delete the layer, or take its voices out of leave:",
                          at=(index,) if track.layers else ())  # fmt: skip
            yield Clash((*steps, "layers"), fault, frozenset(("layers", "leave")))
    yield from check_match(manifest, name, settings)
    yield from check_linked(manifest, name)
    yield from check_was(manifest, name)
    yield from check_avoid(manifest, name, settings)
    for clash in check_writing(manifest, name, settings, needs):
        # What a variant has of its original is refused there.
        if not track.like or clash.steps[2] in _own_options(track):
            yield clash
    primer = settings.primer
    if primer is not None and primer.steps >= settings.total_steps:
        fault = _long_primer(name, primer.steps, settings)
        yield Clash((*steps, "primer"), fault, needs | {"primer"})
    for switch in ("condition_on_primer", "inject_primer"):
        if getattr(track, switch) and primer is None:
            fault = Fault("the track has no primer, so it has no effect",
                          "add a primer:, or delete the line")  # fmt: skip
            yield Clash((*steps, switch), fault, frozenset(("primer",)))


def _length_needs(length: Length | None) -> frozenset[str]:
    """Return the options that determine the number of bars."""
    if length is None or length.unit == "seconds":
        return frozenset(("length", "metre", "tempo", "mood"))
    return frozenset(("length", "metre"))


def _long_primer(name: str, primer_steps: int, settings: Settings) -> Fault:
    """Return the fault of a primer that leaves no step to compose."""
    bar = settings.steps_per_bar
    return Fault(
        f"the track has {settings.total_steps} steps ({amount_of(settings.bars, 'bar')}), and some "
        "must remain to be composed",
        f"make it {amount_of(primer_steps // bar + 1, 'bar')} or longer, or shorten the primer",
        found=f"a primer of {primer_steps} steps in track '{name}'",
    )


def _length_faults(settings: Settings) -> Iterator[Fault]:
    """Yield why the number of bars that a length gives is not possible."""
    length, bar = settings.length, settings.steps_per_bar
    if length is not None and length.unit == "steps" and length.amount % bar:
        below = int(length.amount) // bar * bar
        choice = f"{below} or {below + bar}" if below else str(bar)
        yield Fault(f"a track has whole bars, of {bar} steps each", f"write {choice} steps")
    if settings.bars > MAX_BARS:
        yield Fault(
            f"it is {settings.bars} bars; a track has at most {MAX_BARS}", "make it shorter"
        )
    if length is not None and length.unit == "seconds" and _under_half_a_bar(length, settings):
        yield Fault("it is shorter than half a bar at the fastest tempo of the track",
                    "write 1 bar for the shortest track")  # fmt: skip
    elif length is not None and _misses(length, settings):
        yield _no_whole_bars(length, settings)


def _misses(length: Length, settings: Settings) -> bool:
    """Return whether the nearest number of bars at the nearest tempo is too far from the length."""
    if length.unit != "seconds" or settings.match is not None:
        return False
    tempo = Fraction(settings.tempo_millibpm or 0, 1000)
    seconds = Fraction(60 * settings.bars * settings.beats_per_bar) / tempo
    return abs(seconds - length.amount) > length.amount * _MOST_OFF


_MOST_OFF = Fraction(1, 20)


def _no_whole_bars(length: Length, settings: Settings) -> Fault:
    """Return the fault of a length in seconds that no number of bars has, with what would fit."""
    beats, tempo = settings.beats_per_bar, settings.tempo
    span = f"{tempo.low:g}" if tempo.low == tempo.high else f"{tempo.low:g} to {tempo.high:g}"
    bars = float(length.amount) * tempo.high / (60 * beats)
    fewer, more = math.floor(bars), math.floor(bars) + 1
    lasting = [(count, 60 * beats * count / tempo.high) for count in (fewer, more) if count]
    said = " or ".join(f"{amount_of(count, 'bar')} ({seconds:.4g} s)" for count, seconds in lasting)
    needed = 60 * beats * more / float(length.amount)
    return Fault(
        f"no whole number of bars has this length at {span} bpm",
        f"write {said}, or a tempo: that reaches {needed:.5g}",
    )


def _under_half_a_bar(length: Length, settings: Settings) -> bool:
    bar_seconds = 60 * settings.beats_per_bar / Fraction(str(settings.tempo.high))
    return length.amount * 2 < bar_seconds

"""Whether form, chords and motifs of a track fit its length and each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from chipassets.manifest.check_endings import ending_faults
from chipassets.manifest.clash import Clash
from chipassets.manifest.document import Steps
from chipassets.manifest.melody_check import melody_faults
from chipassets.manifest.models import Manifest
from chipassets.manifest.motif_field import MAX_RANGE_SEMITONES, MotifUse, tune_of
from chipassets.manifest.refusal import Fault, did_you_mean
from chipassets.manifest.settings import Settings
from chipassets.manifest.wishes import bass_fault, pattern_fault
from chipassets.music.forms import FormPart, default_form, lay_out
from chipassets.music.keyfit import tune_key
from chipassets.music.keys import Key, pitch_name
from chipassets.music.motifs import AUGMENTED, DIMINISHED, FRAGMENT, LITERAL, TRANSPOSED, map_pitch
from chipassets.music.score import Note, Section
from chipassets.plan.trackplan import Primer, Progression

_FORM = frozenset(("form", "loop"))


def check_writing(
    manifest: Manifest, name: str, settings: Settings, needs: frozenset[str]
) -> Iterator[Clash]:
    """Yield what clashes; `needs` are the options that the number of bars follows from."""
    steps: Steps = ("tracks", name)
    try:
        sections = _sections(settings)
    except ValueError as error:
        yield Clash((*steps, "form"), _bad_form(error, settings), needs | _FORM)
        return
    for progression in settings.progressions:
        for fault in _chord_faults(progression, sections, settings):
            yield Clash((*steps, "chords"), fault, needs | _FORM | {"chords"})
    bar_steps = settings.steps_per_bar
    for wish in settings.wishes:
        at = (wish.section,) if wish.section else ()
        if wish.section and not any(wish.section in (s.name, s.name.rstrip("'")) for s in sections):
            names = list(dict.fromkeys(section.name for section in sections))
            fix = did_you_mean(wish.section, names, "sections")
            fault = Fault("the form has no section of this name", fix, at, on_key=True)
            yield Clash((*steps, "sections"), fault, needs | _FORM | {"sections"})
        wrong = pattern_fault(wish.drums, bar_steps) if wish.drums else None
        if wrong is not None:
            way = ("sections", wish.section, "drums") if at else ("drums",)
            yield Clash((*steps, *way), wrong, frozenset(("metre", *way[:1])))
    for section_fault in melody_faults(settings, sections):
        yield Clash((*steps, "melody"), section_fault, needs | _FORM | {"melody", "metre"})
    for option, fault, own in ending_faults(settings, sections):
        yield Clash((*steps, option), fault, needs | own)
    for wish in settings.wishes:
        wrong = bass_fault(wish.bass_line, bar_steps) if wish.bass_line else None
        if wrong is not None:
            way = ("sections", wish.section, "bass") if wish.section else ("bass",)
            yield Clash((*steps, *way), wrong, frozenset(("metre", *way[:1])))
    letters = list(dict.fromkeys(s.name.rstrip("'") for s in sections if s.name[0].isupper()))
    for index, use in enumerate(settings.motifs):
        wrong = _motif_fault(manifest, name, use, index, letters, sections, settings)
        if wrong is not None:
            yield Clash((*steps, "motif"), wrong, needs | _FORM | {"motif", "metre", "key"})


def _sections(settings: Settings) -> tuple[Section, ...]:
    if settings.form:
        return lay_out(settings.form, settings.bars)
    return default_form(settings.bars, loops=settings.loops, scene=settings.scene)


def _bad_form(error: ValueError, settings: Settings) -> Fault:
    parts: tuple[FormPart, ...] = settings.form or ()
    needed = sum(part.bars or 1 for part in parts)
    return Fault(
        f"the track has {settings.bars} bars, and {error}",
        f"write length: {needed} bars, or other lengths into the form",
    )


def _chord_faults(
    progression: Progression, sections: tuple[Section, ...], settings: Settings
) -> Iterator[Fault]:
    own, bars = progression.section, len(progression.bars)
    at = (own,) if own else ()
    if not own:
        longest = max(section.bars for section in sections)
        if longest < bars != settings.bars:
            yield Fault(
                f"the chords have {bars} bars, the longest section {longest} and the "
                f"track {settings.bars}",
                f"write {longest} bars, or {settings.bars} for the whole track",
                at,
            )
        return
    named = [s for s in sections if own in (s.name, s.name.rstrip("'"))]
    if not named:
        names = list(dict.fromkeys(section.name for section in sections))
        yield Fault(
            "the form has no section of this name",
            did_you_mean(own, names, "sections"),
            at,
            on_key=True,
        )
    elif bars > max(section.bars for section in named):
        longest = max(section.bars for section in named)
        yield Fault(
            f"the chords have {bars} bars, and section {own} has {longest}",
            f"write {longest} bars, or form: with {own}:{bars}",
            at,
        )


def _motif_fault(
    manifest: Manifest,
    name: str,
    use: MotifUse,
    index: int,
    letters: list[str],
    sections: tuple[Section, ...],
    settings: Settings,
) -> Fault | None:
    at = (index,) if len(settings.motifs) > 1 else ()
    unknown = _unknown(manifest, name, use)
    if unknown is not None:
        return Fault(*unknown, at)
    if index >= len(letters):
        return Fault(
            f"each motif has a letter of the form, and the form has {len(letters)}",
            "delete the motif, or add a section to the form",
            at,
        )
    primer = _tune(manifest, use)
    steps = {AUGMENTED: 2 * primer.steps, FRAGMENT: -(-primer.steps // 2)}
    steps_here = steps.get(use.transform, primer.steps)
    bar = settings.steps_per_bar
    room = next(s.bars for s in sections if s.name.rstrip("'") == letters[index]) * bar
    if use.transform == DIMINISHED and (odd := _odd_note(primer)) is not None:
        return Fault(
            f"its note {pitch_name(odd.pitch)} at step {odd.start_step + 1} would begin or end "
            "between two 16ths, in notes half as long",
            "write it in eighths, or choose another transform",
            at,
        )
    if steps_here > room:
        return Fault(
            f"section {letters[index]} has {room} steps, and the motif {steps_here}",
            "shorten the motif, or give the section more bars",
            at,
        )
    if steps_here >= settings.total_steps:
        return Fault(
            "the motif fills the track, and some must be left to compose",
            "make the track longer, or shorten the motif",
            at,
        )
    pitches = [note.pitch for note in primer.notes]
    if max(pitches) - min(pitches) > MAX_RANGE_SEMITONES:
        return Fault(
            f"the motif spans {max(pitches) - min(pitches)} semitones, more than the "
            f"{MAX_RANGE_SEMITONES} that a lead voice has in any key",
            "move its outermost notes by an octave",
            at,
        )
    if use.transform in (LITERAL, TRANSPOSED):
        return None
    own = None if use.from_track else manifest.motifs[use.name].key
    return _key_fault(primer, own or tune_key(primer), settings.key, at)


def _odd_note(tune: Primer) -> Note | None:
    """The first note that cannot be half as long on the grid of 16ths."""
    return next((n for n in tune.notes if n.start_step % 2 or n.duration_steps % 2), None)


def _key_fault(tune: Primer, own: Key, key: Key | None, at: tuple[int, ...]) -> Fault | None:
    """What a key does to a tune that is more than to move it: two of its steps become one note."""
    if key is None:
        return None
    for first, second in pairwise(tune.notes):
        mapped = map_pitch(first.pitch, own, key), map_pitch(second.pitch, own, key)
        if first.pitch != second.pitch and mapped[0] == mapped[1]:
            return Fault(
                f"its notes {pitch_name(first.pitch)} and {pitch_name(second.pitch)}, of {own}, "
                f"are one and the same in {key}",
                "choose a key with more tones, leave it open, or change the motif",
                at,
            )
    return None


def _unknown(manifest: Manifest, name: str, use: MotifUse) -> tuple[str, str] | None:
    if not use.from_track:
        if use.name in manifest.motifs:
            return None
        if not manifest.motifs:
            return "the manifest has no motifs", f"add motifs: with {use.name}: above the tracks"
        fix = did_you_mean(use.name, manifest.motifs, "motifs")
        return f"there is no motif '{use.name[:60]}'", fix
    others = [other for other in manifest.tracks if other != name]
    if use.name not in others:
        named = "name one under motifs:, or another track"
        fix = did_you_mean(use.name, others, "other tracks") if others else named
        if use.name == name:
            return "a track cannot take its motif from itself", named
        return f"there is no other track '{use.name[:60]}'", fix
    source = manifest.tracks[use.name]
    if source.primer is None and not _named_motifs(manifest, use.name):
        return (
            f"the track '{use.name}' has neither a primer nor a motif of its own to take",
            "give it one of the two, or name a motif",
        )
    return None


def _named_motifs(manifest: Manifest, track: str) -> list[str]:
    uses = manifest.tracks[track].motif or ()
    return [use.name for use in uses if not use.from_track and use.name in manifest.motifs]


def _tune(manifest: Manifest, use: MotifUse) -> Primer:
    if not use.from_track:
        return tune_of(manifest.motifs[use.name].primer)
    named = _named_motifs(manifest, use.name)
    source = manifest.tracks[use.name].primer
    if named or source is None:
        return tune_of(manifest.motifs[named[0]].primer)
    return tune_of(source, 32)

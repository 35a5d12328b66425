"""Checks that a track can quote its motifs, and that sections can have their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from chipassets.arrange.voice_roles import assign_roles
from chipassets.chips.profiles import CHIPS
from chipassets.compose.ideas import SILENT
from chipassets.manifest.clash import Clash
from chipassets.manifest.document import Steps
from chipassets.manifest.models import Manifest
from chipassets.manifest.motif_field import MAX_RANGE_SEMITONES, MotifUse, tune_of
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings
from chipassets.music.forms import EDGES
from chipassets.music.keyfit import tune_key
from chipassets.music.keys import Key, spelled_pitch
from chipassets.music.motifs import (
    AUGMENTED,
    BASS_HIGHEST,
    BASS_LOWEST,
    DIMINISHED,
    FRAGMENT,
    LITERAL,
    TRANSPOSED,
    map_pitch,
)
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Note, Section
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Primer


def motif_clashes(
    manifest: Manifest,
    name: str,
    settings: Settings,
    sections: tuple[Section, ...],
    needs: frozenset[str],
) -> Iterator[Clash]:
    """Yield why motifs cannot stand where a track wants them.

    needs: the options that determine the form.
    """
    letters = list(dict.fromkeys(s.name.rstrip("'") for s in sections if s.name[0].isupper()))
    in_turn = [use for use in settings.motifs if not use.section]
    for use in settings.motifs:
        way: tuple[str, ...] = ("motif",)
        at: tuple[int, ...] = ()
        where = use.section
        if where:
            way = ("sections", where, "motif")
        else:
            index = in_turn.index(use)
            at = (index,) if len(in_turn) > 1 else ()
            where = letters[index] if index < len(letters) else ""
        wrong = _motif_fault(manifest, name, use, where, letters, sections, settings)
        if wrong is not None:
            own = frozenset((way[0], "metre", "key", "sections", "bass", "texture", "leave"))
            yield Clash(("tracks", name, *way), replace(wrong, at=(*at, *wrong.at)), needs | own)


def _motif_fault(
    manifest: Manifest,
    name: str,
    use: MotifUse,
    section: str,
    letters: list[str],
    sections: tuple[Section, ...],
    settings: Settings,
) -> Fault | None:
    """Return why a motif cannot stand in a section; None if it can.

    section: "" if the form has no letter left for the motif. letters: those of the form.
    """
    unknown = _unknown(manifest, name, use)
    if unknown is not None:
        return Fault(*unknown)
    if not section:
        return Fault(
            f"each motif needs its own letter of the form, and the form has {len(letters)}",
            "delete the motif, or add a section to the form",
        )
    named = [s for s in sections if s.name == section]
    named = named or [s for s in sections if s.name.rstrip("'") == section]
    if not named:
        names = list(dict.fromkeys(one.name for one in sections))
        return Fault(
            "the form has no section of this name", did_you_mean(section, names, "sections")
        )
    voice = _voice_fault(manifest, use, section, settings)
    if voice is not None:
        return voice
    primer = _tune(manifest, use)
    said = None if use.from_track else manifest.motifs[use.name].key
    own = said or tune_key(primer)
    steps = {AUGMENTED: 2 * primer.steps, FRAGMENT: -(-primer.steps // 2)}
    steps_here = steps.get(use.transform, primer.steps)
    room = named[0].bars * settings.steps_per_bar
    if use.transform == DIMINISHED and (odd := _odd_note(primer)) is not None:
        return Fault(
            f"its note {spelled_pitch(odd.pitch, own)} at step {odd.start_step + 1} would begin or "
            "end between two 16ths, in notes half as long",
            "write it in eighths, or choose another transform",
        )
    if steps_here > room:
        return Fault(
            f"section {section} has {room} steps, and the motif {steps_here}",
            "shorten the motif, or give the section more bars",
        )
    if steps_here >= settings.total_steps:
        return Fault(
            "the motif fills the track, and some must remain to be composed",
            "make the track longer, or shorten the motif",
        )
    pitches = [note.pitch for note in primer.notes]
    what, most = _RANGES[use.part]
    if max(pitches) - min(pitches) > most:
        return Fault(
            f"the motif spans {max(pitches) - min(pitches)} semitones, more than the {most} that "
            f"{what} has in any key",
            "move its outermost notes by an octave",
        )
    if use.transform in (LITERAL, TRANSPOSED):
        return None
    return _key_fault(primer, own, settings.key)


_RANGES = {
    LEAD: ("a lead voice", MAX_RANGE_SEMITONES),
    INNER: ("a second voice", MAX_RANGE_SEMITONES),
    BASS: ("a bass voice", BASS_HIGHEST - BASS_LOWEST - 11),
}
"""The name of each voice that can play a motif, and the range in semitones it has in every key."""


def _voice_fault(
    manifest: Manifest, use: MotifUse, section: str, settings: Settings
) -> Fault | None:
    """Return why the voice that is to play the motif is silent or occupied there, or None."""
    if use.part == LEAD:
        return None
    chip = assign_roles(CHIPS[manifest.chip], settings.sound.leave)
    if use.part not in {spec.role for spec in chip.voices}:
        return Fault(
            f"the {_SAYS[use.part]} is to play the motif, and leave: leaves its voice free",
            "take the voice out of leave:, or choose another voice",
        )
    for wish in settings.wishes:
        if wish.section not in ("", section, section.rstrip("'")):
            continue
        key, role = ("bass", wish.bass) if use.part == BASS else ("texture", wish.texture)
        if role == SILENT:
            return Fault(
                f"the {_SAYS[use.part]} is to play the motif, and {key}: silent keeps it silent",
                f"change {key}:, or choose another voice",
            )
        if use.part == BASS and wish.bass_line:
            return Fault(
                "the bass is to play the motif, and bass: sets what it plays",
                "delete bass:, or choose another voice",
            )
    return None


_SAYS = {INNER: "second voice", BASS: "bass"}


def _odd_note(tune: Primer) -> Note | None:
    """Return the first note that cannot be halved on the grid of 16ths."""
    return next((n for n in tune.notes if n.start_step % 2 or n.duration_steps % 2), None)


def _key_fault(tune: Primer, own: Key, key: Key | None) -> Fault | None:
    """Return why a tune cannot be moved into a key; None if it can.

    It cannot if two of its pitches would become one.
    """
    if key is None:
        return None
    for first, second in pairwise(tune.notes):
        mapped = map_pitch(first.pitch, own, key), map_pitch(second.pitch, own, key)
        if first.pitch != second.pitch and mapped[0] == mapped[1]:
            return Fault(
                f"its notes {spelled_pitch(first.pitch, own)} and "
                f"{spelled_pitch(second.pitch, own)}, of {own}, are one and the same in {key}",
                "choose a mode with more tones, delete key:, or change the motif",
            )
    return None


def _unknown(manifest: Manifest, name: str, use: MotifUse) -> tuple[str, str] | None:
    """Return why there is no such motif, and what to do; None if there is one."""
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
    """Return the tune of a motif, or of the track whose opening is used."""
    if not use.from_track:
        return tune_of(manifest.motifs[use.name].primer)
    named = _named_motifs(manifest, use.name)
    source = manifest.tracks[use.name].primer
    if named or source is None:
        return tune_of(manifest.motifs[named[0]].primer)
    return tune_of(source, 32)


def section_key_clashes(
    settings: Settings, sections: tuple[Section, ...], steps: Steps
) -> Iterator[Clash]:
    """Yield why a section cannot have a key of its own."""
    first = next((s.name for s in sections if s.name[0].isupper()), "A").rstrip("'")
    melodies = {own.section.rstrip("'") for own in settings.melodies}
    letters = list(dict.fromkeys(s.name.rstrip("'") for s in sections if s.name[0].isupper()))
    in_turn = [use for use in settings.motifs if not use.section]
    motifs = {use.section.rstrip("'") for use in settings.motifs if use.section}
    motifs |= set(letters[: len(in_turn)])
    for wish in settings.wishes:
        if wish.key is None:
            continue
        section, letter = wish.section, wish.section.rstrip("'")
        if letter == first and section == letter:
            why, fix = "it opens the track, and has the track's key", "write key: in the track"
        elif section != letter:
            why = f"it repeats the bars of {letter}, in their key"
            fix = "give it a letter of its own, or write final_key: for the last section"
        elif section in EDGES:
            why, fix = "it leads in or out, in the track's key", "give it a letter of its own"
        elif letter in melodies:
            why, fix = "its melody sets a key", "write key: in the melody"
        elif letter in motifs:
            why = "the motif that stands there is in the track's key"
            fix = "delete key:, or let the motif stand elsewhere"
        elif settings.final_key is not None and sections[-1].name.rstrip("'") == letter:
            why, fix = "final_key: sets the last section's key", "keep one of the two"
        else:
            continue
        own = frozenset(("sections", "form", "melody", "motif", "final_key"))
        yield Clash((*steps, "sections", section, "key"), Fault(why, fix, on_key=True), own)

"""Checks that form, chords and motifs of a track fit its length and each other."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.manifest.check_endings import ending_faults
from chipassets.manifest.check_motifs import motif_clashes, section_key_clashes
from chipassets.manifest.clash import Clash
from chipassets.manifest.document import Steps
from chipassets.manifest.melody_check import melody_faults
from chipassets.manifest.models import Manifest
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings
from chipassets.manifest.wishes import bass_fault, pattern_fault
from chipassets.music.forms import FormPart, default_form, lay_out
from chipassets.music.score import Section
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Progression, Wish
from chipassets.units import STEPS_PER_BEAT, amount_of

_FORM = frozenset(("form", "loop"))


def check_writing(
    manifest: Manifest, name: str, settings: Settings, needs: frozenset[str]
) -> Iterator[Clash]:
    """Yield what does not fit; `needs` are the options that determine the number of bars."""
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
    for under, section_fault in melody_faults(settings, sections):
        yield Clash((*steps, under), section_fault, needs | _FORM | {under, "metre"})
    for option, fault, own in ending_faults(settings, sections):
        yield Clash((*steps, option), fault, needs | own)
    for wish in settings.wishes:
        wrong = bass_fault(wish.bass_line, bar_steps) if wish.bass_line else None
        if wrong is not None:
            way = ("sections", wish.section, "bass") if wish.section else ("bass",)
            yield Clash((*steps, *way), wrong, frozenset(("metre", *way[:1])))
    yield from _density_clashes(settings, steps)
    yield from motif_clashes(manifest, name, settings, sections, needs | _FORM)
    yield from section_key_clashes(settings, sections, steps)


def _density_clashes(settings: Settings, steps: Steps) -> Iterator[Clash]:
    """Yield written basses that alone have more notes than the density asks for."""
    wishes = {wish.section: wish for wish in settings.wishes}
    whole = wishes.get("", Wish())
    for section, wish in wishes.items():
        density = wish.density or whole.density
        line = wish.bass_line or (() if wish.bass else whole.bass_line)
        if density is None or not line or (not wish.density and not wish.bass_line):
            continue
        notes = (len(line) - 1) * STEPS_PER_BEAT / line[-1][0]
        if notes > density.high:
            key = "density" if wish.density else "bass"
            way = ("sections", section, key) if section else (key,)
            fault = Fault(
                f"the written bass: has {notes:g} notes a beat by itself, and density: asks for at "
                f"most {density.high:g} of all voices",
                "write fewer notes into bass:, or raise density:",
            )
            yield Clash((*steps, *way), fault, frozenset(("sections", "bass", "density")))


def _sections(settings: Settings) -> tuple[Section, ...]:
    """Return the sections of the form that is given, or of the default one."""
    if settings.form:
        return lay_out(settings.form, settings.bars)
    return default_form(settings.bars, loops=settings.loops, scene=settings.scene)


def _bad_form(error: ValueError, settings: Settings) -> Fault:
    """Return the fault of a form that does not fit the number of bars."""
    parts: tuple[FormPart, ...] = settings.form or ()
    needed = sum(part.bars or 1 for part in parts)
    return Fault(
        f"the track has {amount_of(settings.bars, 'bar')}, and {error}",
        f"write length: {amount_of(needed, 'bar')}, or change the lengths in the form",
    )


def _chord_faults(
    progression: Progression, sections: tuple[Section, ...], settings: Settings
) -> Iterator[Fault]:
    """Yield why chords do not fit their section or the track."""
    own, bars = progression.section, len(progression.bars)
    at = (own,) if own else ()
    if not own:
        longest = max(section.bars for section in sections)
        if longest < bars != settings.bars:
            yield Fault(
                f"the chords have {amount_of(bars, 'bar')}, the longest section {longest} and the "
                f"track {settings.bars}",
                f"write {amount_of(longest, 'bar')}, or {settings.bars} for the whole track",
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
            f"the chords have {amount_of(bars, 'bar')}, and section {own} has {longest}",
            f"write {amount_of(longest, 'bar')}, or form: with {own}:{bars}",
            at,
        )

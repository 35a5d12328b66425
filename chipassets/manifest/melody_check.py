"""Checks that the melodies of a track fit its form, its metre and the other sources of its tune."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from chipassets.manifest.melody_field import WrittenMelody
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings
from chipassets.music.forms import INTRO
from chipassets.music.notes import LEAD
from chipassets.music.score import Section
from chipassets.nearest import did_you_mean
from chipassets.units import amount_of, metre_name


def melody_faults(settings: Settings, sections: Sequence[Section]) -> Iterator[tuple[str, Fault]]:
    """Yield why melodies of a track cannot be played, each with the key to point at."""
    letters = list(dict.fromkeys(s.name.rstrip("'") for s in sections if s.name[0].isupper()))
    in_turn = [use for use in settings.motifs if not use.section]
    stated = dict(zip(letters, in_turn, strict=False))
    stated |= {use.section: use for use in settings.motifs if use.section}
    stated = {name: use for name, use in stated.items() if use.part == LEAD}
    for melody in settings.melodies:
        for fault in _section_faults(melody, settings, sections):
            yield melody.under, fault
        twice = [one for one in settings.melodies if one.section == melody.section]
        if twice[0] is not melody:
            why = f"section {melody.section} has a melody already"
            yield melody.under, Fault(why, "keep one of the two", melody.at, on_key=True)
        motif = stated.get(melody.section) or stated.get(melody.section.rstrip("'"))
        if motif is not None:
            yield (
                melody.under,
                Fault(
                    f"the motif '{motif.name}' and the melody both set the tune of section "
                    f"{melody.section}",
                    "delete one of the two",
                    melody.at,
                    on_key=bool(melody.at),
                ),
            )
    yield from _pickup_faults(settings, sections)
    first = sections[0].name
    opens = [own for own in settings.melodies if own.section in (first, first.rstrip("'"))]
    if settings.primer is not None and opens:
        yield (
            opens[0].under,
            Fault(
                f"the primer and the melody of {opens[0].section} both open the track",
                "delete the primer, or write its notes into the melody",
                opens[0].at,
                on_key=bool(opens[0].at),
            ),
        )


def _section_faults(
    melody: WrittenMelody, settings: Settings, sections: Sequence[Section]
) -> Iterator[Fault]:
    """Yield why a melody does not fit its section."""
    named = [s for s in sections if s.name == melody.section]
    named = named or [s for s in sections if s.name.rstrip("'") == melody.section]
    if not named:
        names = list(dict.fromkeys(section.name for section in sections))
        fix = did_you_mean(melody.section, names, "sections")
        yield Fault("the form has no section of this name", fix, melody.at,
                    on_key=bool(melody.at))  # fmt: skip
        return
    metre = metre_name(settings.beats_per_bar, settings.pulse_steps)
    if melody.metre not in (None, "none", metre):
        yield Fault(
            f"it is written in {melody.metre}, and the track is in {metre}",
            f"write metre: {melody.metre} for the track, or write the melody in {metre}",
            melody.at,
        )
        return
    if melody.is_swung and not settings.swing_percent:
        yield Fault(
            "its 8ths swing as in triplets, between the 16ths",
            "write swing: 66% for the track, which plays them so, or straighten them in the file",
            melody.at,
        )
        return
    yield from _length_faults(melody, settings, sections)


def _length_faults(
    melody: WrittenMelody, settings: Settings, sections: Sequence[Section]
) -> Iterator[Fault]:
    """Yield the first section that plays the melody and is too short for it."""
    metre = metre_name(settings.beats_per_bar, settings.pulse_steps)
    steps, bar_steps = melody.tune.steps, settings.steps_per_bar
    singing = [part for part in sections if melody_of(settings, part.name) is melody]
    short = [part for part in singing if steps > part.bars * bar_steps]
    # One for all: only sections of the melody's own name decide, if there are any.
    short = [part for part in short if part.name == melody.section] or short
    if short:
        part, bars = short[0], -(-steps // bar_steps)
        lasts = (
            f"it lasts {steps} steps ({amount_of(bars, 'bar')} of {metre}), and section {part.name}"
        )
        too = "" if part.name == melody.section else ", which plays it too,"
        yield Fault(
            f"{lasts}{too} has {amount_of(part.bars, 'bar')}",
            f"write form: with {part.name}:{bars}, or shorten it to {part.bars * bar_steps} steps",
            melody.at,
        )


def melody_of(settings: Settings, name: str) -> WrittenMelody | None:
    """The melody of a section by its name, else by its letter."""
    own = {melody.section: melody for melody in settings.melodies}
    return own.get(name) or own.get(name.rstrip("'"))


def _pickup_faults(settings: Settings, sections: Sequence[Section]) -> Iterator[tuple[str, Fault]]:
    """Yield what keeps the pickups of melodies from being played before their sections."""
    bar_steps = settings.steps_per_bar
    told: set[str] = set()
    turns = list(pairwise(sections))
    if settings.loops and sections[0].name != INTRO:
        turns.append((sections[-1], sections[0]))
    for before, section in turns:
        melody, last = melody_of(settings, section.name), melody_of(settings, before.name)
        if melody is None or melody.pickup is None or last is None or melody.section in told:
            continue
        if last.begins_in_last(melody.pickup.steps, before.bars * bar_steps):
            told.add(melody.section)
            why = (
                f"its pickup of {melody.pickup.steps} 16ths and the melody of {before.name} both "
                f"settle the end of {before.name}"
            )
            fix = f"end the melody of {before.name} before, or give {before.name} a bar more"
            yield melody.under, Fault(why, fix, melody.at)
    for melody in settings.melodies:
        opens = melody.section in (sections[0].name, sections[0].name.rstrip("'"))
        if melody.pickup is None:
            continue
        if melody.pickup.steps >= bar_steps:
            why = f"its pickup has {melody.pickup.steps} 16ths, and a bar {bar_steps}"
            yield melody.under, Fault(why, "write pickup: with less than a bar", melody.at)
        if opens and settings.pickup is not None:
            why = "the melody has a pickup of its own, and pickup: is another"
            yield melody.under, Fault(why, "delete pickup:, or write pickup: 0 here", melody.at)

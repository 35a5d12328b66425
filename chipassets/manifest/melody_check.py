"""Whether the melodies of a track fit its form, its metre, and what else settles the tune."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chipassets.manifest.melody import WrittenMelody
from chipassets.manifest.refusal import Fault, did_you_mean
from chipassets.manifest.settings import Settings
from chipassets.music.score import Section
from chipassets.units import metre_name


def melody_faults(settings: Settings, sections: Sequence[Section]) -> Iterator[Fault]:
    """Yield what keeps the melodies of a track from being played as they are written."""
    letters = list(dict.fromkeys(s.name.rstrip("'") for s in sections if s.name[0].isupper()))
    stated = dict(zip(letters, settings.motifs, strict=False))
    for melody in settings.melodies:
        yield from _section_faults(melody, settings, sections)
        motif = stated.get(melody.section.rstrip("'"))
        if motif is not None:
            yield Fault(
                f"the motif '{motif.name}' and the melody both settle the tune of section "
                f"{melody.section}",
                "delete one of the two",
                melody.at,
                on_key=bool(melody.at),
            )
    first = sections[0].name
    opens = [own for own in settings.melodies if own.section in (first, first.rstrip("'"))]
    if settings.primer is not None and opens:
        yield Fault(
            f"the primer and the melody of {opens[0].section} both open the track",
            "delete the primer, or write its notes into the melody",
            opens[0].at,
            on_key=bool(opens[0].at),
        )


def _section_faults(
    melody: WrittenMelody, settings: Settings, sections: Sequence[Section]
) -> Iterator[Fault]:
    bar_steps = settings.steps_per_bar
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
    steps, longest = melody.tune.steps, max(section.bars for section in named)
    if steps > longest * bar_steps:
        bars = -(-steps // bar_steps)
        yield Fault(
            f"it lasts {steps} steps ({_bars(bars)} of {metre}), and section {melody.section} has "
            f"{_bars(longest)}",
            f"write form: with {melody.section}:{bars}, or shorten it to "
            f"{longest * bar_steps} steps",
            melody.at,
        )


def _bars(count: int) -> str:
    return f"{count} bar{'s' * (count != 1)}"

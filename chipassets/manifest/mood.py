"""Custom moods: a built-in mood with some values replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.drum_table import GROOVES
from chipassets.manifest.duration import TEMPO_SPAN
from chipassets.manifest.instruments import COLOUR_ROLES, DRUMS, read_colours
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal
from chipassets.manifest.span import Span
from chipassets.manifest.words import choose, choose_words
from chipassets.music.keys import MODES
from chipassets.nearest import did_you_mean
from chipassets.plan.presets import DENSITY_LIMITS, MOODS, POLYPHONY_LIMITS, REGISTER_LIMITS
from chipassets.plan.trackplan import Range

# The least widths are about half of the presets' narrowest: the distance of a take from a range
# is measured in widths of the range.
DENSITY_SPAN = Span(
    "density",
    "densities",
    DENSITY_LIMITS,
    Range(1, 2.5),
    " of notes a beat",
    least_width=0.5,
    meaning="notes per beat of all voices together: more are busier",
)
_POLYPHONY = Span(
    "polyphony", "polyphonies", POLYPHONY_LIMITS, Range(1.5, 2.5), " of notes at once",
    least_width=0.5,
)  # fmt: skip
REGISTER_SPAN = Span(
    "a register's MIDI pitch",
    "registers",
    REGISTER_LIMITS,
    Range(55, 67),
    least_width=5,
    meaning="MIDI pitches: 60 is the C in the middle of a piano, 72 the next one above",
)


def _read_like(value: Any, context: Context) -> str:
    """Return the built-in mood from which a custom one starts."""
    if isinstance(value, str) and value in context.moods and value not in MOODS:
        why = f"'{value[:60]}' is a custom mood, and a custom mood starts from a built-in one"
        raise Refusal(Fault(why, did_you_mean(value, tuple(MOODS), "built-in moods")))
    return choose(value, tuple(MOODS), "built-in mood")


def _read_modes(value: Any, _: Context) -> tuple[str, ...]:
    return choose_words(value, tuple(MODES), "mode", len(MODES))


def _read_groove(value: Any, _: Context) -> str:
    return choose(value, tuple(GROOVES), "groove")


def _read_instruments(value: Any, context: Context) -> Mapping[str, str]:
    """Return the instrument of each role; Refusal for the drum kit, which a mood cannot choose."""
    if isinstance(value, dict) and DRUMS in value:
        fault = Fault(
            "a mood cannot set the drum kit", "set it in the track, its scene or the defaults",
            (DRUMS,), on_key=True,
        )  # fmt: skip
        raise Refusal(fault)
    return read_colours(value, context)


def _reads(span: Span, says: str) -> Reads:
    return Reads(lambda value, _: span.read(value), span.schema(says))


_MODE = {"enum": list(MODES)}

LikeMood = Annotated[
    str,
    Reads(_read_like, {"enum": list(MOODS), "description": "The mood that this one starts from."}),
]
MoodTempo = Annotated[
    Range,
    _reads(TEMPO_SPAN, "Tempo of the mood in quarter notes a minute."),
]
MoodModes = Annotated[
    tuple[str, ...],
    Reads(
        _read_modes,
        {
            "anyOf": [
                _MODE,
                {
                    "type": "array",
                    "items": _MODE,
                    "minItems": 1,
                    "maxItems": len(MODES),
                    "uniqueItems": True,
                },
            ],
            "description": "The modes to choose from, the likeliest first.",
        },
    ),
]
Density = Annotated[
    Range,
    _reads(DENSITY_SPAN, "Notes per beat, of all pitched voices together."),
]
Polyphony = Annotated[
    Range,
    _reads(_POLYPHONY, "Notes at once, on average."),
]
Register = Annotated[
    Range,
    _reads(REGISTER_SPAN, "MIDI pitches among which the top line's median lies; 60 is C4."),
]
GrooveName = Annotated[
    str,
    Reads(_read_groove, {"enum": list(GROOVES), "description": "The groove of the drums."}),
]
MoodInstruments = Annotated[
    Mapping[str, str],
    Reads(
        _read_instruments,
        {
            "type": "object",
            "properties": {
                role: {"type": "string", "pattern": "^[a-z]", "examples": ["bell"]}
                for role in COLOUR_ROLES
            },
            "minProperties": 1,
            "additionalProperties": False,
            "description": "The instrument of lead, inner and bass: one of the bank "
            f"({', '.join(INSTRUMENTS)}) or of this manifest.",
        },
    ),
]

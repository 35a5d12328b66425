"""Links: tracks whose notes follow those of another, and the table of built-in variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chipassets.music.keys import Key

VARIANT, FAMILY, BRIDGE = "variant", "family", "bridge"


@dataclass(frozen=True, slots=True)
class Link:
    """How a track follows another: as its variant, in one family with it, or as a bridge from it.

    of: the other track. to: where a bridge leads. mode: a mode on the tonic of the other's score,
    "" the other's own, None if the track sets its key. name: the name of the row in `VARIANTS`, if
    any. tempo_percent: relative to the original's tempo. register: octaves by which its upper
    voices move. start: for a bridge, the key in which it begins. source: the lines of the other's
    score without its tempo, empty until they are known.
    """

    kind: str
    of: str
    to: str = ""
    name: str = ""
    tempo_percent: float = 100
    register: int = 0
    mode: str | None = None
    start: Key | None = None
    source: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether the notes that it follows are not known yet."""
        return self.kind != BRIDGE and not self.source


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A built-in variant: `says` completes "it ..."; empty fields keep the original's value.

    mode: major or minor, on the original's tonic. tempo_percent: relative to its tempo. register:
    octaves. texture: of the second voice. drums: a groove by name. lead, inner: instruments.
    filter: the output filter, if the chip has it.
    """

    says: str
    tempo_percent: float = 100
    mode: str = ""
    register: int = 0
    texture: str = ""
    drums: str = ""
    lead: str = ""
    inner: str = ""
    filter: str = ""


def varied_key(original: Key, name: str, mode: str) -> Key:
    """Return the key of a variant in a mode; "" is the original's mode.

    The mode minor keeps a dorian original as it is, and so every mode with the same third.
    """
    of_row = name in VARIANTS and mode == VARIANTS[name].mode
    if not mode or (of_row and original.is_minor == Key(0, mode).is_minor):
        return original
    return Key(original.tonic, mode)


VARIANTS: Mapping[str, VariantRow] = {
    "night": VariantRow(
        "rests: no drums, held tones below, bells for the tune",
        texture="held", drums="none", lead="bell", inner="pad",
    ),
    "low_health": VariantRow(
        "is in danger: in minor, thin, over a pulse",
        mode="minor", texture="offbeat", drums="pulse", lead="thin",
    ),
    "hurry_up": VariantRow(
        "hurries: a quarter faster, with driving drums",
        tempo_percent=125, drums="drive",
    ),
    "underwater": VariantRow(
        "is under water: muffled, without drums, in broken chords",
        texture="arpeggio", drums="none", lead="echo", inner="pad", filter="muffled",
    ),
    "victory_lap": VariantRow(
        "celebrates: in major, an eighth faster, brass over a march",
        tempo_percent=112.5, mode="major", drums="march", lead="brass",
    ),
}  # fmt: skip
"""The built-in variants."""

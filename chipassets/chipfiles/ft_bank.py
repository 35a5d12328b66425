"""Our instruments as FamiTracker instruments, with the same macros in its notation."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipassets.chipfiles.ft_module import FtInstrument, FtMacro
from chipassets.chipfiles.text import to_ascii
from chipassets.chips.chipsong import Instrument, Macro
from chipassets.chips.profiles import VRC6_DUTIES

_VOLUME, _ARPEGGIO, _PITCH, _DUTY = 0, 1, 2, 4
_LONGEST, _MOST_MACROS, _MOST_INSTRUMENTS = 252, 128, 64
_DARKEST_NOISE = 15
_Said = tuple[tuple[int, ...], int, int]
"""Values, loop and release in FamiTracker's counting: -1 is none."""

# Has no effect: FamiTracker starts there anyway.
_PLAIN: dict[int, _Said] = {
    _VOLUME: ((15,), -1, -1),
    _ARPEGGIO: ((0,), -1, -1),
    _PITCH: ((0,), -1, -1),
    _DUTY: ((0,), -1, -1),
}


@dataclass(slots=True)
class Bank:
    """The instruments and macros of a module while it is built; each sound is stored once."""

    instruments: list[FtInstrument] = field(default_factory=list)
    _macros: dict[tuple[str, int, _Said], int] = field(default_factory=dict)
    _numbers: dict[tuple[str, str, tuple[_Said, ...]], int] = field(default_factory=dict)

    def number(self, instrument: Instrument, kind: str, pitch: int) -> int | None:
        """Return the instrument's number for a voice of that kind; None if the module is full.

        On noise the arpeggio is inverted, as FamiTracker counts periods upwards in brightness, and
        limited to the existing periods above and below `pitch`.
        """
        said = {
            _VOLUME: _held(instrument.volume, 0, 15),
            _ARPEGGIO: _arpeggio(instrument, kind, pitch),
            _PITCH: _slides(instrument.pitch) if kind != "noise" else _PLAIN[_PITCH],
            _DUTY: _duty(instrument, kind),
        }
        chip = "VRC6" if kind.startswith("vrc6") else "2A03"
        key = (chip, instrument.name, tuple(said.values()))
        if key not in self._numbers:
            if len(self.instruments) == _MOST_INSTRUMENTS or not self._has_room(chip, said):
                return None
            self._numbers[key] = len(self.instruments)
            self._add(chip, instrument.name, said)
        return self._numbers[key]

    def add_plain(self, name: str) -> int | None:
        """Return the number of an instrument that changes nothing; None if the module is full."""
        if len(self.instruments) == _MOST_INSTRUMENTS or not self._has_room("2A03", _PLAIN):
            return None
        self._add("2A03", name, _PLAIN)
        return len(self.instruments) - 1

    @property
    def macros(self) -> tuple[FtMacro, ...]:
        """All macros by kind and index."""
        items = ((chip, k, n, *said) for (chip, k, said), n in self._macros.items())
        return tuple(
            FtMacro(kind, index, loop, release, 0, values, chip)
            for chip, kind, index, values, loop, release in sorted(items)
        )

    def _has_room(self, chip: str, said: dict[int, _Said]) -> bool:
        """Return whether the module can hold another macro of each of these kinds."""
        return all(self._count(chip, kind) < _MOST_MACROS for kind in said)

    def _count(self, chip: str, kind: int) -> int:
        """Return how many macros of a kind a chip has."""
        return sum((c, k) == (chip, kind) for c, k, _ in self._macros)

    def _add(self, chip: str, name: str, said: dict[int, _Said]) -> None:
        """Append an instrument with its macros; equal macros are stored once."""
        indices = [-1] * 5
        for kind, macro in said.items():
            # FamiTone2's converter refuses an instrument without a volume macro.
            if macro != _PLAIN[kind] or kind == _VOLUME:
                following = self._count(chip, kind)
                indices[kind] = self._macros.setdefault((chip, kind, macro), following)
        volume, arpeggio, pitch, coarse, duty = indices
        macros = (volume, arpeggio, pitch, coarse, duty)
        number = len(self.instruments)
        self.instruments.append(FtInstrument(number, macros, to_ascii(name)[:127], chip))


def is_cut(instrument: Instrument) -> bool:
    """Return whether the instrument's notes end at once; the others have a release."""
    return not instrument.volume.release


def fits(instrument: Instrument) -> bool:
    """Return whether no macro of the instrument is longer than FamiTracker's limit."""
    macros = (instrument.volume, instrument.duty, instrument.arpeggio, instrument.pitch)
    return all(len(macro.values) < _LONGEST for macro in macros)


def _held(macro: Macro, low: int, high: int) -> _Said:
    """Return a macro's values, loop index and release index (-1 for none) as FamiTracker has them.

    Values are limited to low..high. FamiTracker's release index is the last value before the note's
    end.
    """
    loop = -1 if macro.loop is None else min(macro.loop, _LONGEST - 1)
    values = tuple(min(max(value, low), high) for value in macro.values[:_LONGEST])
    return values, loop, min(macro.release or 0, _LONGEST) - 1


def _without_release(macro: Macro, low: int, high: int) -> _Said:
    """Return the values before the macro's release, its loop index, and -1 for no release.

    So the end of a note does not change this macro.
    """
    values, loop, _ = _held(macro, low, high)
    return values[: macro.release or len(values)], loop, -1


def _duty(instrument: Instrument, kind: str) -> _Said:
    """Return the duty macro of a pulse voice; the plain one for other voices."""
    if not kind.endswith("pulse"):
        return _PLAIN[_DUTY]
    values, loop, release = _without_release(instrument.duty, 0, 3)
    if kind == "vrc6_pulse":
        values = tuple(VRC6_DUTIES[value] for value in values)
    return values, loop, release


def _arpeggio(instrument: Instrument, kind: str, pitch: int) -> _Said:
    """Return the arpeggio macro; noise's is negated: FamiTracker counts periods downwards."""
    if kind != "noise":
        return _without_release(instrument.arpeggio, -96, 96)
    values, loop, _ = _without_release(instrument.arpeggio, -pitch, _DARKEST_NOISE - pitch)
    return tuple(-value for value in values), loop, -1


def _slides(macro: Macro) -> _Said:
    """Return a pitch macro as differences, which FamiTracker adds up; in a loop their sum is 0."""
    values, loop, _ = _without_release(macro, -128, 127)
    bends = values if loop < 0 else (*values, values[loop])
    steps = (b - a for a, b in zip((0, *bends), bends, strict=False))
    clipped = tuple(min(max(step, -128), 127) for step in steps)
    return clipped, -1 if loop < 0 else loop + 1, -1

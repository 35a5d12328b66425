"""`sample: piano.wav`: a user's recording, for tones of the SNES and for drums of SNES and NES."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chipassets.chips.recording import Recording
from chipassets.manifest.inside import file_inside
from chipassets.manifest.refusal import refuse
from chipassets.music.keys import parse_pitch

WAV_SUFFIX = ".wav"
SAMPLE, ROOT, LOOP, GAIN = "sample", "root", "loop", "gain"
SAMPLE_KEYS = (SAMPLE, ROOT, LOOP, GAIN)
"""The keys of an instrument that say which recording it plays."""

_MOST_FILE_BYTES = 8_000_000
_MOST_PACKED_BYTES = 57_344
"""56 of the sound memory's 64 KiB: the player, the shortest echo and some music need the rest."""

_UNSAID_ROOT = 60
_RATES_HZ = (4_000, 96_000)
_SHORTEST_LOOP = 16
_LEAST_GAIN_DB = -24.0


def read_wav(name: Any, folder: Path) -> Recording:
    """Return the file's samples, without root and loop; Refusal if it is no WAV that can be read.

    Two channels are mixed to one, and other widths become 16 bits.
    """
    if not isinstance(name, str) or not name.lower().endswith(WAV_SUFFIX):
        raise refuse("a sample is a WAV file", "write a path like sounds/piano.wav")
    path = file_inside(folder, name)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise refuse(f"the file cannot be read: {reason}", "check its permissions") from None
    if len(data) > _MOST_FILE_BYTES:
        raise refuse(f"the file has more than {_MOST_FILE_BYTES:,} bytes, and the sound memory "
                     "65,536", "export one note of it")  # fmt: skip
    # Here, as a manifest without recordings should not wait for numpy and soundfile.
    from chipassets.manifest.wav_samples import PLAIN, read_samples

    samples, rate_hz = read_samples(data)
    low, high = _RATES_HZ
    if not low <= rate_hz <= high:
        raise refuse(f"its rate is {rate_hz:,} Hz; rates go from {low:,} to {high:,}", PLAIN)
    if len(samples) < 2 * _SHORTEST_LOOP or not any(samples):
        raise refuse("the file holds no sound", "export the note again")
    recording = Recording(name, samples, rate_hz, _UNSAID_ROOT)
    if recording.packed_bytes > _MOST_PACKED_BYTES:
        seconds = recording.length / rate_hz
        most = seconds * _MOST_PACKED_BYTES / recording.packed_bytes
        raise refuse(
            f"its {seconds:.2f} seconds take {recording.packed_bytes:,} bytes as BRR; the sound "
            f"memory of 65,536 has room for {_MOST_PACKED_BYTES:,}",
            f"cut it to {int(most * 100) / 100:.2f} seconds, or export it at a lower rate",
        )
    return recording


def read_root(value: Any) -> int:
    """Return the MIDI pitch of the recorded note, a note name or a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 127:
        return value
    try:
        return parse_pitch(str(value))
    except ValueError as error:
        raise refuse(str(error), "write the note that was recorded, like root: C4") from None


def read_loop(value: Any, recording: Recording) -> int | None:
    """Return the sample from which the end is repeated; None for a recording that plays once."""
    if value is None:
        return None
    most = recording.length - _SHORTEST_LOOP
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise refuse(
            f"loop is the sample from which the end is repeated, from 0 to {most:,}",
            f"write {min(max(value, 0), most)}" if isinstance(value, int) else "write loop: 0",
        )
    return value


def read_gain(value: Any) -> float:
    """Return the change of a recording's loudness in dB."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("gain is a number of decibels", "write like gain: -3")
    if not _LEAST_GAIN_DB <= value <= 0:
        raise refuse(f"gain goes from {_LEAST_GAIN_DB:g} to 0 dB: a sample uses the chip's whole "
                     "range already", "write gain: 0 or less")  # fmt: skip
    return float(value)


def sample_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of the keys."""
    return {
        SAMPLE: {
            "type": "string",
            "pattern": r"\.[wW][aA][vV]$",
            "description": "A WAV file, which the SNES plays for this instrument, and the "
            "NES for one with the name of a drum; other chips play the macros.",
        },
        ROOT: {
            "type": ["string", "integer"],
            "description": "The note that was recorded, like C4; a drum needs none.",
        },
        LOOP: {
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "The sample of the file from which its end is repeated. Default: the "
            "file is played once.",
        },
        GAIN: {
            "type": "number",
            "minimum": _LEAST_GAIN_DB,
            "maximum": 0,
            "description": "Decibels by which the sample is softer than its part would be.",
        },
    }

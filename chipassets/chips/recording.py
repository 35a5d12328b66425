"""A user's recording of one note, and how it fits the blocks of the SNES's samples."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chips.brr import BLOCK_BYTES, BLOCK_SAMPLES
from chipassets.chips.soundbank import RATE_HZ


@dataclass(frozen=True, slots=True)
class Recording:
    """A mono recording of one note.

    data: 16-bit samples, little endian. root_pitch: the MIDI pitch of the note. loop_start: the
    sample from which its end is repeated; None plays it once. gain_db is at most 0.
    """

    name: str
    data: bytes
    rate_hz: int
    root_pitch: int
    loop_start: int | None = None
    gain_db: float = 0.0

    @property
    def length(self) -> int:
        """Return the number of samples."""
        return len(self.data) // 2

    @property
    def packed_bytes(self) -> int:
        """Return the size of its blocks; a short loop may need up to eight passes more."""
        return -(-(padding_of(self) + resampled_length(self)) // BLOCK_SAMPLES) * BLOCK_BYTES


def loop_length(recording: Recording, start: int) -> int:
    """Return the length of the loop after resampling, in samples: whole blocks."""
    length = (recording.length - start) * min(1.0, RATE_HZ / recording.rate_hz)
    return max(round(length / BLOCK_SAMPLES), 1) * BLOCK_SAMPLES


def ratio_of(recording: Recording) -> float:
    """Return the factor of the resampling: to at most 32 kHz, and a loop to whole blocks."""
    start = recording.loop_start
    if start is None:
        return min(1.0, RATE_HZ / recording.rate_hz)
    return loop_length(recording, start) / (recording.length - start)


def source_rate_hz(recording: Recording) -> float:
    """Return the rate of the source that is made of it, at which it sounds as recorded."""
    return recording.rate_hz * ratio_of(recording)


def resampled_length(recording: Recording) -> int:
    """Return the number of samples at the source's rate."""
    start = recording.loop_start
    if start is None:
        return max(round(recording.length * ratio_of(recording)), 1)
    return round(start * ratio_of(recording)) + loop_length(recording, start)


def padding_of(recording: Recording) -> int:
    """Return the number of silent samples before the start that make the loop start a block."""
    if recording.loop_start is None:
        return 0
    return -resampled_length(recording) % BLOCK_SAMPLES

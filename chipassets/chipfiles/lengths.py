"""How long players play a track: two loops and a fade, or once to its end."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog

TURNS = 2
FADE_MS = 8_000


@dataclass(frozen=True, slots=True)
class PlayTime:
    """Milliseconds before the fade, of the fade, and of one pass of the loop (0 without a loop)."""

    play_ms: int
    fade_ms: int
    loop_ms: int


def play_time(log: RegisterLog) -> PlayTime:
    """Return the time for which a player should play the log."""
    rate = CHIPS[log.chip].frame_rate_hz

    def milliseconds(frames: int) -> int:
        return round(frames * 1000 / rate)

    if log.loop_start_frame is None:
        return PlayTime(milliseconds(len(log.frames)), 0, 0)
    turn = len(log.frames) - log.loop_start_frame
    return PlayTime(milliseconds(len(log.frames) + (TURNS - 1) * turn), FADE_MS, milliseconds(turn))

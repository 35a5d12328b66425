"""How much of a frame the demo game needs, by scene and by what is shown: shares of 1/60 s.

    SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy python -m benchmarks.demo_frames BUNDLE SCRIPT

Every frame takes a step, is drawn and put on the window, as in the game's own loop. Counted is the
thread's processor time: what else runs on the machine must not look like a slow game.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import pygame

from chipassets.runtime import Library, PygamePlayer
from demo_game.music import RULES
from demo_game.script import ScriptedRun, parse_script
from demo_game.stage import Stage
from demo_game.window import open_window, paint_ahead, show

_FRAME_SECONDS = 1 / 60
_DECODING_SECONDS = 3.0


class TimedStage(Stage):
    """A stage that draws after every step, and keeps how long that took."""

    def open(self, window: pygame.Surface) -> TimedStage:
        """Draw into this window from now on."""
        self.window = window
        self.seconds: dict[str, list[float]] = defaultdict(list)
        return self

    def step(self, held: frozenset[str], now_ms: int) -> None:
        """Take a step, draw it, and note the time under what it shows."""
        began = time.thread_time()
        super().step(held, now_ms)
        show(self.picture(), self.window)
        self.seconds[self.shown].append(time.thread_time() - began)


def main(bundle: str, script: str) -> None:
    """Play the script and print a line for each situation."""
    window = open_window()
    player = PygamePlayer(Library.open(bundle), RULES)
    player.preload()
    paint_ahead()
    time.sleep(_DECODING_SECONDS)
    stage = TimedStage(player, 7).open(window)
    ScriptedRun(stage, Path("screenshots")).run(parse_script(Path(script).read_text()))
    print(f"{'shown':28} frames   median      99%      max   of 1/60 s")
    everything: list[float] = []
    for shown, seconds in sorted(stage.seconds.items()):
        everything += seconds
        _print(shown, seconds)
    _print("everything", everything)
    player.close()


def _print(shown: str, seconds: list[float]) -> None:
    shares = sorted(value / _FRAME_SECONDS for value in seconds)
    late = sum(share > 1 for share in shares)
    said = f"{median(shares):8.1%} {shares[len(shares) * 99 // 100]:8.1%} {shares[-1]:8.1%}"
    print(f"{shown:28} {len(shares):6} {said}" + (f"   {late} too long" if late else ""))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What the runtime costs a game: its share of a frame, also while it decodes, and its start-up.

Usage: python -m benchmarks.runtime [BUNDLE]

Everything is a ratio within one run: the processor time that the music's calls take in a frame to
that frame, a 60th of a second, and the start of an interpreter with the runtime to that of one
without, or with pygame. What the decoding thread does at once while it holds the interpreter is a
ratio too.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from statistics import median

FRAME_MS = 1000 / 60
FRAMES = 900
FRAMES_A_SCENE = 45
STARTS = 20


def measure_frames(bundle: str) -> list[float]:
    """Play every scene in turn while tracks are decoded; the share of each frame that it takes."""
    from chipassets.runtime import Library, PygamePlayer

    music = PygamePlayer(Library.open(bundle))
    music.preload()
    scenes, shares = cycle(music.library.scenes), []
    due = time.perf_counter()
    for frame in range(FRAMES):
        began = time.thread_time()
        if frame % FRAMES_A_SCENE == 0:
            music.enter(next(scenes))
        if frame % FRAMES_A_SCENE == FRAMES_A_SCENE // 2:
            music.sting("victory")
        music.intensity(frame / FRAMES)
        music.update()
        shares.append((time.thread_time() - began) * 1000 / FRAME_MS)
        due += FRAME_MS / 1000
        time.sleep(max(due - time.perf_counter(), 0))
    music.close()
    return shares


def measure_copy(bundle: str) -> float:
    """The share of a frame in which the longest track's samples are copied, in one call."""
    import pygame

    from chipassets.runtime import Library

    track = max(Library.open(bundle).tracks, key=lambda track: track.samples)
    if track.audio is None:
        return 0.0
    raw = pygame.mixer.Sound(str(track.audio.path)).get_raw()
    found = []
    for _ in range(STARTS):
        began = time.thread_time()
        pygame.mixer.Sound(buffer=raw)
        found.append(time.thread_time() - began)
    return median(found) * 1000 / FRAME_MS


def measure_starts(codes: Sequence[str]) -> list[float]:
    """The median processor time of an interpreter that runs each code, in seconds.

    The codes take turns, so that what else the machine does meanwhile meets all of them.
    """
    found: dict[str, list[float]] = {code: [] for code in codes}
    for code in [*codes] * STARTS:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found[code].append(spent)
    return [median(times) for times in found.values()]


def print_starts() -> None:
    """Print how often the start of an interpreter fits into its start with each import."""
    imports = (
        "import chipassets.runtime",
        "import json, pathlib, threading, typing",
        "import logging",
        "import pygame",
    )
    alone, *costs = measure_starts(("pass", *imports))
    for name, cost in zip(imports, costs, strict=True):
        print(f"{name}: {cost / alone:.1f} times an interpreter's start")
    print(f"the runtime adds {(costs[0] - alone) / (costs[-1] - alone):.0%} of what pygame adds")


def main() -> None:
    """Print the ratios: of frames too where a bundle is named."""
    os.environ |= {"SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    if len(sys.argv) > 1:
        shares = sorted(measure_frames(sys.argv[1]))
        print(f"the music in a frame: median {median(shares):.2%} of it, longest {shares[-1]:.1%}")
        print(
            f"cutting the longest track at its loop point: {measure_copy(sys.argv[1]):.0%} of one"
        )
    print_starts()


if __name__ == "__main__":
    main()

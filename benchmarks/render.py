"""Times real time of the renderer on one core, beside libgme playing the same registers.

Run: python -m benchmarks.render [SECONDS]
"""

from __future__ import annotations

import ctypes.util
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from chipassets.arrange import arrange, write_registers
from chipassets.render import encode_ogg, render_log
from chipassets.score import Score
from tests.chip_music import plan, song
from tests.render.nsf_probe import nsf, play

_REPEATS = 3
_LIBGME_FRAMES = 600


def best_cpu_seconds(work: Callable[[], object]) -> float:
    """The least CPU time of three runs, after one that is not counted."""
    work()
    times = []
    for _ in range(_REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def report(name: str, audio_s: float, work: Callable[[], object]) -> None:
    """Print one line: what, seconds of CPU, times real time."""
    spent_s = best_cpu_seconds(work)
    print(f"{name:32} {audio_s:7.1f} s audio {spent_s:7.3f} s CPU {audio_s / spent_s:8.0f} x")


def main() -> None:
    """Measure every stage of the chip on a song with four busy voices."""
    wanted_s = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    score: Score = song(bars=max(2, round(wanted_s / 1.6)))
    track = plan(groove="drive")
    chip_song = arrange(score, track, "nes")
    log = write_registers(chip_song)
    pcm = render_log(log)
    audio_s = len(pcm.samples) / pcm.rate_hz
    report("arrange", audio_s, lambda: arrange(score, track, "nes"))
    report("write_registers", audio_s, lambda: write_registers(chip_song))
    for filter_name in ("none", "famicom", "nes"):
        report(f"render_log {filter_name}", audio_s, partial(render_log, log, filter_name))
    report("encode_ogg", audio_s, lambda: encode_ogg(pcm, {}))
    if ctypes.util.find_library("gme"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "song.nsf"
            path.write_bytes(nsf(log, _LIBGME_FRAMES))
            seconds = _LIBGME_FRAMES / 60.1
            report("libgme, all voices", seconds, lambda: play(path, seconds, None))
    else:
        print("libgme is not installed, so there is nothing to compare with")


if __name__ == "__main__":
    main()

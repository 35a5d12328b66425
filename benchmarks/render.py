"""Times real time of the renderer on one core, for every chip, beside other players.

libgme plays the NSF and the GBS that are exported from the same registers, ffmpeg turns them into
a WAV file, and two Python packages sound the notes of the first chip. All times are CPU seconds of
one thread, measured one after the other in one run, so that they can be compared with each other on
whatever machine it is.

Run: python -m benchmarks.render [SECONDS]
"""

from __future__ import annotations

import ctypes.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks.render_peers import python_peers
from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_gbs, encode_nsf
from chipassets.chips.chipsong import ChipSong
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.plan.trackplan import TrackPlan
from chipassets.render import Pcm, encode_ogg, render_log
from tests.chip_music import plan, song
from tests.render.nsf_probe import play

_REPEATS = 3
_FILE_OF = {"nes": ("nsf", encode_nsf), "nes-vrc6": ("nsf", encode_nsf),
            "gameboy": ("gbs", encode_gbs)}  # fmt: skip


def best_seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """The least time of three runs, after one that is not counted."""
    work()
    times = []
    for _ in range(_REPEATS):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def children_seconds() -> float:
    """CPU time of the processes that were started and have ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(
    name: str,
    audio_s: float,
    work: Callable[[], object],
    clock: Callable[[], float] = time.process_time,
) -> None:
    """Print one line: what, seconds of CPU, times real time."""
    spent_s = best_seconds(work, clock)
    print(f"  {name:28} {audio_s:7.1f} s audio {spent_s:8.3f} s CPU {audio_s / spent_s:8.0f} x")


def players(chip: str, log: RegisterLog, audio_s: float, folder: Path) -> None:
    """Time what is installed of the other players on the chip's own file."""
    if chip not in _FILE_OF:
        return
    suffix, encode = _FILE_OF[chip]
    path = folder / f"{chip}.{suffix}"
    path.write_bytes(encode([(log, "song")], title="song").data)
    if ctypes.util.find_library("gme"):
        report(f"libgme, the {suffix}", audio_s, partial(play, path, audio_s, None))
    else:
        print("  libgme is not installed, so it is left out")
    if shutil.which("ffmpeg"):
        command = ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-t", f"{audio_s:.3f}",
                   "-i", str(path), str(folder / "out.wav")]  # fmt: skip
        run = partial(subprocess.run, command, check=True, capture_output=True)
        report(f"ffmpeg, the {suffix} to wav", audio_s, run, children_seconds)
    else:
        print("  ffmpeg is not installed, so it is left out")


def peers(music: ChipSong, track: TrackPlan, audio_s: float) -> None:
    """Time what is installed of the Python packages on the song's notes."""
    for name, work in python_peers(music, track, audio_s):
        if work is None:
            print(f"  {name}: not installed, so it is left out")
        else:
            report(name, audio_s, work)


def main() -> None:
    """Measure every stage of every chip on a song whose voices are all busy."""
    wanted_s = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    score, track = song(bars=max(2, round(wanted_s / 1.6))), plan(groove="drive")
    with tempfile.TemporaryDirectory() as folder:
        for chip in CHIPS:
            music = arrange(score, track, chip)
            log = write_registers(music)
            pcm: Pcm = render_log(log)
            audio_s = len(pcm.samples) / pcm.rate_hz
            print(f"{chip}: {sum(bool(voice.notes) for voice in music.voices)} voices")
            report("arrange", audio_s, partial(arrange, score, track, chip))
            report("write_registers", audio_s, partial(write_registers, music))
            report("render_log", audio_s, partial(render_log, log))
            if chip == "nes":
                report("render_log, filter nes", audio_s, partial(render_log, log, "nes"))
                report("encode_ogg", audio_s, partial(encode_ogg, pcm, {}))
                peers(music, track, audio_s)
            players(chip, log, audio_s, Path(folder))


if __name__ == "__main__":
    main()

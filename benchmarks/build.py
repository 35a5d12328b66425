"""What builds cost: tracks and takes against time, CPU time and memory, as whole processes.

A catalogue of tracks is built from nothing with one job and with two, then with nothing to do, with
one track changed, and after a kill in the middle. With `--peer`, another installation does the same
in the same run, round by round with ours, and the ratios are printed; its `chipassets` program is
given, that of an older checkout for example. Seconds a track are the slope between a small and the
whole catalogue, so that starting the program is not in them.

Run: python -m benchmarks.build [--tracks 12] [--takes 16] [--bars 16] [--rounds 3] [--peer PROGRAM]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# What users see: compiled bytecode is kept between runs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_SCENES = ("overworld", "battle", "town", "dungeon")
_MOODS = ("calm", "tense", "dark", "bright")
_SMALL_SHARE = 3
_MIB_OF_KIB = 1 / 1024


@dataclass(frozen=True, slots=True)
class Used:
    """What a process and those that it started used: seconds, CPU seconds, MiB of the largest."""

    seconds: float
    cpu: float
    mib: float

    def __str__(self) -> str:
        return f"{self.seconds:8.2f} s {self.cpu:8.2f} s CPU {self.mib:6.0f} MiB"


@dataclass(frozen=True, slots=True)
class Program:
    """An installation that is measured, and the folder in which it builds."""

    name: str
    command: tuple[str, ...]
    folder: Path

    def run(self, *words: str) -> Used:
        """Run the program to its end in its folder, and return what it used.

        CalledProcessError if it fails.
        """
        process = self.start(*words)
        return self.wait(process)

    def start(self, *words: str) -> tuple[subprocess.Popen[bytes], float]:
        """Start the program, and return its process and when it started."""
        environment = os.environ | {"CHIPASSETS_CACHE": str(self.folder / "cache")}
        began = time.perf_counter()
        process = subprocess.Popen(
            [*self.command, *words],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return process, began

    def wait(self, started: tuple[subprocess.Popen[bytes], float]) -> Used:
        """Wait for a started program, and return what it used; CalledProcessError if it fails."""
        process, began = started
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MIB_OF_KIB)

    def forget(self) -> None:
        """Remove bundle, lock and cache, so that the next build starts from nothing."""
        for name in ("bundle", "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for path in self.folder.glob("*.lock*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_catalogue(path: Path, tracks: int, takes: int, bars: int, changed: int = -1) -> None:
    """Write a manifest of default tracks; the changed one asks for another mood."""
    lines = [
        "game: Catalogue",
        "seed: 5",
        f"defaults: {{takes: {takes}, length: {bars} bars}}",
        "tracks:",
    ]
    for number in range(tracks):
        mood = _MOODS[(number // len(_SCENES) + (number == changed)) % len(_MOODS)]
        scene = _SCENES[number % len(_SCENES)]
        lines.append(f"  t{number:05}: {{scene: {scene}, mood: [{mood}]}}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(program: Program, options: argparse.Namespace) -> dict[str, Used]:
    """Return what each kind of build used, once."""
    found: dict[str, Used] = {}
    manifest = program.folder / "game.yaml"
    build = ("build", "game.yaml", "-o", "bundle", "-q")
    small = max(1, options.tracks // _SMALL_SHARE)
    for jobs in (1, 2):
        for name, tracks in (("small", small), ("whole", options.tracks)):
            program.forget()
            write_catalogue(manifest, tracks, options.takes, options.bars)
            found[f"{name}, jobs {jobs}"] = program.run(*build, "--jobs", str(jobs))
    found["nothing to do"] = program.run(*build, "--jobs", "2")  # as the build before was called
    found["nothing to do, looked at"] = program.run(*build)
    found["plan"] = program.run("plan", "game.yaml")
    write_catalogue(manifest, options.tracks, options.takes, options.bars, changed=0)
    found["one track changed"] = program.run(*build)
    write_catalogue(manifest, options.tracks, options.takes, options.bars)
    program.forget()
    started = program.start(*build, "--jobs", "2")
    time.sleep(found["whole, jobs 2"].seconds / 2)
    started[0].kill()
    started[0].wait()
    found["gone on with, killed halfway"] = program.run(*build, "--jobs", "2")
    first, second = found["small, jobs 1"], found["whole, jobs 1"]
    more = options.tracks - small
    found["a track"] = Used(
        (second.seconds - first.seconds) / more, (second.cpu - first.cpu) / more, second.mib
    )
    return found


def median(runs: list[dict[str, Used]]) -> dict[str, Used]:
    """Return the median of several rounds, each figure by itself."""

    def middle(found: list[Used]) -> Used:
        return Used(
            statistics.median(used.seconds for used in found),
            statistics.median(used.cpu for used in found),
            statistics.median(used.mib for used in found),
        )

    return {name: middle([run[name] for run in runs]) for name in runs[0]}


def print_results(results: dict[str, dict[str, Used]]) -> None:
    """Print a table for each program, and the ratios of ours to the peer's."""
    ours, *others = results.items()
    for name, found in results.items():
        print(f"\n{name}")
        for what, used in found.items():
            print(f"  {what:30} {used}")
        one, two = found["whole, jobs 1"], found["whole, jobs 2"]
        print(f"  one job to two: {one.seconds / two.seconds:.2f} times as long, "
              f"{one.cpu / two.cpu:.2f} times the CPU time")  # fmt: skip
    for name, theirs in others:
        print(f"\n{ours[0]} divided by {name}")
        for what, used in ours[1].items():
            other = theirs[what]
            print(f"  {what:30} {used.seconds / other.seconds:8.2f}   "
                  f"{used.cpu / other.cpu:8.2f}     {used.mib / other.mib:6.2f}")  # fmt: skip


def main() -> None:
    """Measure, round by round, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tracks", type=int, default=12)
    parser.add_argument("--takes", type=int, default=16)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", help="another installation's chipassets program")
    parser.add_argument("--json", action="store_true", help="also print every round as JSON")
    options = parser.parse_args()
    if options.tracks < _SMALL_SHARE:
        parser.error(f"--tracks is at least {_SMALL_SHARE}")
    commands: dict[str, tuple[str, ...]] = {"ours": (sys.executable, "-m", "chipassets")}
    if options.peer:
        commands["peer"] = (str(Path(options.peer).absolute()),)
    with tempfile.TemporaryDirectory() as root:
        programs = [Program(name, command, Path(root) / name) for name, command in commands.items()]
        for program in programs:
            program.folder.mkdir()
            write_catalogue(program.folder / "game.yaml", 1, 1, 4)
            program.run("build", "game.yaml", "-o", "bundle", "-q")  # compiles its bytecode
        runs: dict[str, list[dict[str, Used]]] = {program.name: [] for program in programs}
        for _ in range(options.rounds):
            for program in programs:
                runs[program.name].append(measure(program, options))
    print(
        f"{options.tracks} tracks of {options.bars} bars, {options.takes} takes; medians of "
        f"{options.rounds} rounds; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print_results({name: median(found) for name, found in runs.items()})
    if options.json:
        print(
            json.dumps({n: [{k: str(u) for k, u in r.items()} for r in f] for n, f in runs.items()})
        )


if __name__ == "__main__":
    main()

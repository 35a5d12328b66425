"""A game of 60 frames a second whose clock is the sound that SDL's mixer has played.

The mixer writes into a pipe (SDL's disk driver), and the game reads a buffer from it whenever its
time goes on. Between two reads the mixer has always mixed exactly two buffers more than were read:
one waits in the pipe, one in the mixer's hands. So what is heard does not depend on the machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.runtime.tiny_bundle import RATE_HZ

Wave = np.ndarray[Any, np.dtype[np.float64]]

GAME = """
import fcntl, itertools, os, sys, time, pygame
from chipassets.runtime import Library, PygamePlayer, Rule

FRAME_MS = 16
BUFFER_BYTES = 4096  # 512 samples of two floats
path = os.environ.get("SDL_DISKAUDIOFILE")
played, silent_ms = bytearray(), itertools.count(step=3)
now_ms = 0

def clock():
    return now_ms

def read_buffer():
    data = bytearray()
    while len(data) < BUFFER_BYTES:
        data += os.read(pipe, BUFFER_BYTES - len(data))
    return data

class Metronome:
    # A sound of one buffer, queued again and again: the queue is free as soon as a buffer is mixed.
    def __init__(self):
        self.count = pygame.mixer.get_num_channels()
        pygame.mixer.set_num_channels(self.count + 1)
        self.silence = pygame.mixer.Sound(buffer=bytes(BUFFER_BYTES))
        # A click in the first of eight buffers says which buffer was mixed when the game began.
        click = pygame.mixer.Sound(buffer=b"\\1" * BUFFER_BYTES + bytes(7 * BUFFER_BYTES))
        self.channel = pygame.mixer.Channel(self.count)
        self.channel.play(click)
        self.channel.queue(self.silence)
        while not any(read_buffer()):
            pass
        for _ in range(4):
            read_buffer()
        self.step()

    def step(self):
        assert self.channel.get_queue(), "the mixer mixes less than BUFFER_BYTES at a time"
        read = read_buffer()
        while self.channel.get_queue():
            time.sleep(0.0001)
        self.channel.queue(self.silence)
        return read

def step():
    global now_ms
    if path:
        played.extend(metronome.step())
        now_ms = len(played) * 10 // 3528
    else:
        now_ms = next(silent_ms)

def load():
    while player.is_loading:
        player.update()
        time.sleep(0.0001)

def wait(seconds):
    end = clock() + seconds * 1000
    while clock() < end:
        step()

def play(seconds):
    end = clock() + seconds * 1000
    while (now := clock()) < end:
        player.update()
        load()
        while clock() < now + FRAME_MS:
            step()

if path:
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, BUFFER_BYTES)
    pygame.mixer.init(44100, 32, 2, 256, allowedchanges=0)  # it takes twice that many at a time
    os.set_blocking(pipe, True)
player = PygamePlayer(Library.open(sys.argv[1]), eval(sys.argv[2]), volume=1.0, clock=clock)
assert player.has_sound
player.preload()
load()
if path:
    metronome = Metronome()
"""
"""`play` runs the game for a time and `wait` lets it stall.

Without the pipe the game's time goes on by itself, and nobody waits for a mixer. Decoding takes no
time of the game's.
"""

END = """
if path:
    with open(path + ".raw", "wb") as file:
        file.write(played)
    sys.stdout.flush()
    os._exit(0)  # the mixer waits for its pipe, and would for ever
"""
RULES = "(Rule('*', '*', 'now', 600),)"


def run_player(
    code: str, bundle: Path, rules: str = RULES, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the code in a game that has opened the bundle; fail if it does not end well."""
    done = subprocess.run(
        [sys.executable, "-c", GAME + code + END, str(bundle), rules],
        env={**os.environ, "PYGAME_HIDE_SUPPORT_PROMPT": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done


def record(code: str, bundle: Path, tmp_path: Path, rules: str = RULES) -> Wave:
    """Run the code and return what the mixer played, left channel, from the first sound on."""
    path = tmp_path / "heard"
    os.mkfifo(path)
    run_player(
        code,
        bundle,
        rules,
        SDL_AUDIODRIVER="disk",
        SDL_DISKAUDIOFILE=str(path),
        SDL_DISKAUDIODELAY="0",
    )
    heard = np.fromfile(f"{path}.raw", "<f4")[::2].astype(np.float64)
    sounding = np.flatnonzero(heard)
    assert len(sounding) > 0
    # Mixers begin with a track's first sample: a sine's is 0 or next to it.
    wave: Wave = heard[sounding[0] : sounding[-1] + 1]
    return wave


def level(wave: Wave, hz: float) -> float:
    """The amplitude of one frequency in the wave, after a Hann window."""
    window = np.hanning(len(wave))
    turn = np.exp(-2j * np.pi * hz / RATE_HZ * np.arange(len(wave)))
    return float(2 * abs(np.sum(wave * window * turn)) / np.sum(window))

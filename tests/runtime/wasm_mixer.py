"""A mixer in place of pygame's, for CPython in WebAssembly: it plays by a test's clock."""

from __future__ import annotations

import io
import sys
import types
import wave
from typing import Any

now_ms = 0
RATE_HZ = 44_100
FRAME_BYTES = 4


class Sound:
    """Samples of 16 bits, of two sides: given, or of a WAV file."""

    def __init__(self, file: io.BytesIO | None = None, buffer: Any = None) -> None:
        if file is not None:
            with wave.open(file) as sound:
                raw, sides = sound.readframes(sound.getnframes()), sound.getnchannels()
            if sides == 1:
                raw = b"".join(raw[i : i + 2] * 2 for i in range(0, len(raw), 2))
        self.raw = bytes(buffer) if file is None else raw

    def __buffer__(self, _flags: int) -> memoryview:
        return memoryview(self.raw)

    def get_length(self) -> float:
        return len(self.raw) / FRAME_BYTES / RATE_HZ

    def get_raw(self) -> bytes:
        return self.raw

    def set_volume(self, _volume: float) -> None: ...


class Channel:
    """What plays now and the sound behind it, each until its time is over."""

    def __init__(self, _number: int) -> None:
        self.playing: tuple[Sound, float] | None = None
        self.queued: Sound | None = None
        self.paused_ms: float | None = None

    def _go_on(self) -> None:
        while self.paused_ms is None and self.playing is not None and now_ms >= self.playing[1]:
            ends, sound, self.queued = self.playing[1], self.queued, None
            self.playing = None if sound is None else (sound, ends + sound.get_length() * 1000)

    def play(self, sound: Sound, loops: int = 0, *_: int, **__: int) -> None:
        passes = 1_000_000 if loops < 0 else loops + 1
        self.playing, self.queued = (sound, now_ms + sound.get_length() * 1000 * passes), None

    def queue(self, sound: Sound) -> None:
        self._go_on()
        if self.playing is None:
            self.play(sound)
        else:
            self.queued = sound

    def get_queue(self) -> Sound | None:
        self._go_on()
        return self.queued

    def get_busy(self) -> bool:
        self._go_on()
        return self.playing is not None

    def get_sound(self) -> Sound | None:
        self._go_on()
        return None if self.playing is None else self.playing[0]

    def set_volume(self, *_: float) -> None: ...

    def pause(self) -> None:
        self._go_on()
        self.paused_ms = now_ms

    def unpause(self) -> None:
        if self.paused_ms is not None and self.playing is not None:
            sound, ends = self.playing
            self.playing = sound, ends + now_ms - self.paused_ms
        self.paused_ms = None

    def stop(self) -> None:
        self.playing = self.queued = self.paused_ms = None


def install() -> None:
    """Be what `import pygame` finds."""
    pygame, mixer = types.ModuleType("pygame"), types.ModuleType("pygame.mixer")
    channels = [Channel(number) for number in range(64)]
    vars(mixer).update(
        Sound=Sound,
        Channel=lambda number: channels[number],
        get_init=lambda: (RATE_HZ, -16, 2),
        init=lambda *_, **__: None,
        get_num_channels=lambda: len(channels),
        set_num_channels=lambda _count: None,
        set_reserved=lambda count: count,
    )
    vars(pygame).update(mixer=mixer, error=type("error", (RuntimeError,), {}))
    sys.modules["pygame"], sys.modules["pygame.mixer"] = pygame, mixer

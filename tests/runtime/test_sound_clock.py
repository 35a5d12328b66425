"""Bar lines lie in the sound, not in the game's clock: a card that stalls takes them along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chipassets.runtime.soundclock import SoundClock
from tests.runtime.stepped_game import Wave, level, record, run_player
from tests.runtime.tiny_bundle import RATE_HZ, Piece, write_bundle

pygame = pytest.importorskip("pygame")

TICK_MS = 3 * 4096 * 1000 / RATE_HZ


class Card:
    """A channel as the mixer has it, by the clock of a card that may stall."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.ends: list[float] = []
        self.sound: object = None

    def _go_on(self) -> None:
        while self.ends and self.ends[0] <= self.now_ms:
            self.ends.pop(0)

    def play(self, sound: object) -> None:
        self.sound = sound
        self.ends = [self.now_ms + TICK_MS]

    def queue(self, _sound: object) -> None:
        self._go_on()
        self.ends.append((self.ends[-1] if self.ends else self.now_ms) + TICK_MS)

    def get_sound(self) -> object:
        self._go_on()
        return self.sound if self.ends else None

    def get_busy(self) -> bool:
        return self.get_sound() is not None

    def get_queue(self) -> object:
        self._go_on()
        return self.ends[1] if len(self.ends) > 1 else None


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    monkeypatch.setattr("chipassets.runtime.soundclock.silent_frames", lambda count: count)
    return Card()


def lag_after(card: Card, clock: SoundClock, seconds: float, rate: float = 1.0) -> list[int]:
    """The lags that are read in frames of 16 ms, while the card runs at a rate of the clock's."""
    lags = []
    for _ in range(int(seconds * 1000 / 16)):
        card.wall_ms = getattr(card, "wall_ms", 0) + 16  # type: ignore[attr-defined]
        card.now_ms += 16 * rate
        lags.append(clock.read(card.wall_ms))  # type: ignore[attr-defined]
    return lags


def test_a_sound_of_the_games_own_on_the_channel_is_no_lag(card: Card) -> None:
    clock = SoundClock(card, 44_100)  # type: ignore[arg-type]
    lag_after(card, clock, 2)
    card.play("a sound of the game's")
    assert {*lag_after(card, clock, 3)} == {0}


def test_a_card_in_time_has_no_lag(card: Card) -> None:
    clock = SoundClock(card, RATE_HZ)  # type: ignore[arg-type]
    assert set(lag_after(card, clock, 30)) == {0}


def test_a_stall_is_the_lag_within_a_frame(card: Card) -> None:
    clock = SoundClock(card, RATE_HZ)  # type: ignore[arg-type]
    lag_after(card, clock, 3)
    lag_after(card, clock, 0.4, rate=0)
    assert lag_after(card, clock, 3)[-1] == pytest.approx(400, abs=17)
    lag_after(card, clock, 1.6, rate=0)
    assert lag_after(card, clock, 3)[-1] == pytest.approx(2000, abs=17)


def test_a_stall_is_noticed_while_it_lasts(card: Card) -> None:
    clock = SoundClock(card, RATE_HZ)  # type: ignore[arg-type]
    lag_after(card, clock, 3)
    assert lag_after(card, clock, 2, rate=0)[-1] > 2000 - TICK_MS - 17


def test_a_sound_card_with_another_rate_is_followed(card: Card) -> None:
    clock = SoundClock(card, RATE_HZ)  # type: ignore[arg-type]
    assert lag_after(card, clock, 60, rate=0.999)[-1] == pytest.approx(60, abs=17)


def test_without_updates_the_lag_stays_as_it_was(card: Card) -> None:
    clock = SoundClock(card, RATE_HZ)  # type: ignore[arg-type]
    lag_after(card, clock, 2)
    lag_after(card, clock, 0.4, rate=0)
    lag = lag_after(card, clock, 2)[-1]
    card.now_ms += 5000
    card.wall_ms += 5000  # type: ignore[attr-defined]
    assert set(lag_after(card, clock, 5)) == {lag}


STALLING = """
late = 0
own = clock
def clock():
    return own() + late
player._clock = clock
"""
"""From here on the clock of the game is as much later than the sound as the card has stalled."""


def beginning(heard: Wave, hz: float) -> float:
    """The second at which a tone sets in."""
    size = 256
    loud = [level(heard[i : i + size], hz) > 0.2 for i in range(0, len(heard) - size, size)]
    return loud.index(True) * size / RATE_HZ


def test_a_change_falls_on_the_bar_line_that_is_heard_after_a_stall(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 441, bars=64), Piece("shop", 882)])
    # The card stalls for 130 ms, about half a bar of 250 ms.
    code = (
        STALLING
        + """
player.enter('town'); play(2.0)
for _ in range(13):
    late += 10; player.update()
play(1.5)
player.enter('shop', when='bar', how='cut'); play(1.0)
"""
    )
    heard = record(code, bundle, tmp_path)
    into_bar = (beginning(heard, 882) + 0.125) % 0.25 - 0.125
    assert abs(into_bar) < 0.03, into_bar


def test_a_mixer_opened_anew_with_fewer_channels_is_one_line(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440, bars=4, intro_bars=1)])
    code = """
player.enter('town'); play(0.2); pygame.mixer.quit()
pygame.mixer.init(44100, -16, 2, 512); pygame.mixer.set_num_channels(2); play(0.3)
"""
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert "sound is lost" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_silence_is_the_middle_of_the_mixers_range() -> None:
    """In a process of its own: another test may have a mixer open, with another range."""
    code = """
import pygame
from chipassets.runtime.mixer import silent_frames
pygame.mixer.init(22_050, 8, 1, 512, allowedchanges=0)
print(list(silent_frames(5).get_raw()))
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n")[0] == str([128] * 5)

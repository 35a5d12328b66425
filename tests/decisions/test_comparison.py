from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from chipassets.decisions import comparison
from chipassets.decisions.comparison import alternate, compare
from chipassets.render import Pcm, encode_wav

RATE_HZ = 44_100


@given(st.integers(20, 400), st.integers(30, 150), st.integers(1, 20))
def test_compared_takes_alternate_without_clicks(length: int, turn: int, fade: int) -> None:
    one, other = np.zeros((length, 2), np.float32), np.ones((length + 9, 2), np.float32)
    mixed = alternate(one, other, turn, fade)
    assert mixed.shape == (length, 2)
    assert np.abs(np.diff(mixed[:, 0])).max() <= 1 / fade + 1e-6
    for place in range(length):
        number, into = divmod(place, turn)
        if number == 0 or into > fade:
            assert mixed[place, 0] == number % 2


@pytest.mark.parametrize("suffix", [".ogg", ".flac", ".wav"])
@pytest.mark.slow
def test_two_takes_of_a_minute_are_compared_in_every_format(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libvorbis, given a minute of sound in one write, ends the process."""
    seconds = np.arange(60 * RATE_HZ) / RATE_HZ
    waves = {
        take: np.rint(level * np.sin(2 * np.pi * hz * seconds)).astype(np.int16)[:, None]
        for take, level, hz in (("1", 8_000, 220), ("2", 20_000, 330))
    }

    def render(_: object, take: str, __: object) -> tuple[Any, dict[str, bytes]]:
        entry = SimpleNamespace(
            files={"wav": SimpleNamespace(path="it.wav")}, beats_per_bar=4, tempo_bpm=120
        )
        return entry, {"it.wav": encode_wav(Pcm(waves[take], RATE_HZ, None))}

    monkeypatch.setattr(comparison, "render_take", render)
    path = tmp_path / f"turns{suffix}"
    compare(None, "1", "2", path)  # type: ignore[arg-type]  # the audition is only handed on
    found, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate_hz == RATE_HZ
    assert found.shape == waves["1"].shape
    allowed = 1_500 if suffix == ".ogg" else 0
    for take, start in (("1", 1), ("2", 5), ("1", 9)):
        turn = slice(start * RATE_HZ, (start + 2) * RATE_HZ)
        assert np.abs(found[turn].astype(int) - waves[take][turn]).max() <= allowed

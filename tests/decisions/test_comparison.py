from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chipassets.decisions.comparison import alternate


@given(st.integers(20, 400), st.integers(30, 150), st.integers(1, 20))
def test_the_waves_take_turns_and_nothing_jumps(length: int, turn: int, fade: int) -> None:
    one, other = np.zeros((length, 2), np.float32), np.ones((length + 9, 2), np.float32)
    mixed = alternate(one, other, turn, fade)
    assert mixed.shape == (length, 2)
    assert np.abs(np.diff(mixed[:, 0])).max() <= 1 / fade + 1e-6
    for place in range(length):
        number, into = divmod(place, turn)
        if number == 0 or into > fade:
            assert mixed[place, 0] == number % 2

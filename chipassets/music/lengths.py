"""Says how long a track is: bars of the music, of its loop and of its file. One wording for all.

The music counts each bar once. The file of a track with an intro plays the loop's first bars a
second time before it returns, so that what rings on from the intro sounds only once.
"""

from __future__ import annotations

from chipassets.units import amount_of


def length_text(bars: int, seconds: float, loop_bars: int) -> str:
    """Return the bars and seconds of the music, and which of its bars repeat.

    loop_bars: how many of the last bars are a loop, 0 for a piece that ends.
    """
    said = f"{amount_of(bars, 'bar')}, {seconds:.1f} s"
    if not loop_bars:
        return f"{said}, played once"
    if loop_bars == bars:
        return f"{said}, all of them a loop" if bars > 1 else f"{said}, a loop"
    intro = bars - loop_bars
    loop = f"a loop of {loop_bars} from bar {intro + 1} on"
    return f"{said}: {amount_of(intro, 'bar')} of intro, then {loop}"


def file_text(bars: int, seconds: float, *, at_least: bool = False) -> str:
    """Return the bars and seconds of a track's file, which plays the loop's first bars twice.

    at_least: whether the file may be longer, by how long the intro's last notes ring.
    """
    return f"its file has {'at least ' * at_least}{amount_of(bars, 'bar')}, {seconds:.1f} s"

"""The benchmark's table and plot: each feature of each way, beside people's pieces."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from math import isnan
from statistics import fmean

from benchmarks.music_targets import Nearness, Targets, nearness
from benchmarks.music_ways import Row, Way

_LEGEND = """\
Each feature: the mean of the way's tracks, how far it lies from that of people's pieces in their
standard deviations (sd), and the ratio of the spreads (1: as different from each other as people's
pieces). Below: the share of features within half an sd, the median ratio, and the Fréchet distance
of the two sets (0: alike; with fewer than about 100 tracks it is too large)."""


def table(ways: list[Way], targets: Targets) -> str:
    """Return the features and how near they are, way by way, with a legend."""
    near = [nearness(way.pieces, targets) if way.pieces else None for way in ways]
    lines = [_LEGEND, ""]
    lines.append(f"{'':26}{'people':>18}" + "".join(f"{way.name:>26}" for way in ways))
    for index, name in enumerate(targets.names):
        real = f"{targets.mean[index]:.2f} ± {targets.sd[index]:.2f}"
        cells = "".join(
            f"{_cell(name, found, targets.mean[index], targets.sd[index]):>26}" for found in near
        )
        lines.append(f"{name:26}{real:>18}{cells}")
    for label, get in _NEAR.items():
        cells = "".join(f"{get(found):>26.2f}" if found else f"{'-':>26}" for found in near)
        lines.append(f"{label:26}{'':18}{cells}")
    for label, of_row in _WHOLE.items():
        cells = "".join(f"{fmean(map(of_row, way.rows)):>26.3f}" for way in ways)
        lines.append(f"{label:26}{'':18}{cells}")
    return "\n".join(lines)


def _cell(name: str, found: Nearness | None, mean: float, sd: float) -> str:
    if found is None:
        return "-"
    off = found.off[name]
    return f"{mean + off * sd:.2f} ({off:+.2f} sd, {found.spreads[name]:.2f})"


_NEAR: dict[str, Callable[[Nearness], float]] = {
    "within half an sd": lambda found: found.within_half,
    "median ratio of spreads": lambda found: found.median_spread,
    "Fréchet distance": lambda found: found.frechet,
}

_WHOLE: dict[str, Callable[[Row], float]] = {
    "refused": lambda row: row.refused,
    "tags kept": lambda row: row.tags_kept,
    "longest run of the corpus": lambda row: row.longest_run,
    "CPU s a track": lambda row: row.seconds,
}


def plot(ways: list[Way], targets: Targets) -> str:
    """Return an SVG: a row for each feature, a strip of dots for each way.

    A grey bar spans a standard deviation to both sides of people's mean; dots within it are green.
    """
    strip, left, width = 14, 190, 700
    row = strip * len(ways) + 26
    names = targets.names
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 30}" '
        f'height="{row * len(names) + 10}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, name in enumerate(names):
        mean, sd = float(targets.mean[place]), float(targets.sd[place])
        dots = [[piece[name] for piece in way.pieces if not isnan(piece[name])] for way in ways]
        every = [value for values in dots for value in values]
        low, high = min((*every, mean - sd)), max((*every, mean + sd))
        scale = width / max(high - low, 1e-9)
        top = 16 + place * row
        parts += [
            f'<text x="4" y="{top}" font-weight="bold">{escape(name)}</text>',
            f'<text x="{left}" y="{top}" fill="#777">{low:.2f}</text>',
            f'<text x="{left + width}" y="{top}" fill="#777" text-anchor="end">{high:.2f}</text>',
            f'<rect x="{left + (mean - sd - low) * scale:.1f}" y="{top + 3}" '
            f'width="{2 * sd * scale:.1f}" height="3" fill="#bbb"/>',
        ]
        for line, (way, values) in enumerate(zip(ways, dots, strict=True)):
            y = top + 12 + line * strip
            parts.append(f'<text x="20" y="{y + 4}">{escape(way.name)}</text>')
            parts += [
                f'<circle cx="{left + (value - low) * scale:.1f}" cy="{y}" r="3.5" '
                f'fill="{"#2a7" if abs(value - mean) <= sd else "#c55"}" fill-opacity="0.5"/>'
                for value in values
            ]
    return "\n".join([*parts, "</svg>"]) + "\n"

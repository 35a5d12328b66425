"""The benchmark's table and plot: each feature of each way, beside real game music."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from statistics import fmean, pstdev

from benchmarks.music_ways import Row, Way
from benchmarks.real_music import REAL, overlap


def table(ways: list[Way]) -> str:
    """Return mean, spread and the share inside the wanted range, feature by feature."""
    lines = ["mean ± spread (share of tracks inside the wanted range; overlap with real music)", ""]
    lines.append(f"{'':12}{'real':>15}" + "".join(f"{way.name:>28}" for way in ways))
    for name in feature_names(ways):
        real = f"{REAL[name][0]:.2f} ± {REAL[name][1]:.2f}" if name in REAL else "-"
        cells = "".join(f"{_cell(way.values(name), name):>28}" for way in ways)
        lines.append(f"{name:12}{real:>15}{cells}")
    lines += [
        f"{label:12}{'':15}" + "".join(f"{fmean(map(get, way.rows)):>28.3f}" for way in ways)
        for label, get in _WHOLE.items()
    ]
    return "\n".join(lines)


def feature_names(ways: list[Way]) -> list[str]:
    """Return the features of any track, in their order."""
    return list(dict.fromkeys(name for way in ways for row in way.rows for name in row.features))


def _cell(found: list[tuple[float, bool]], name: str) -> str:
    if not found:
        return "-"
    numbers = [value for value, _ in found]
    inside = fmean(flag for _, flag in found)
    shared = overlap(numbers, name)
    said = f"{inside:.0%}" if shared is None else f"{inside:.0%}; {shared:.2f}"
    return f"{fmean(numbers):.2f} ± {pstdev(numbers):.2f} ({said})"


_WHOLE: dict[str, Callable[[Row], float]] = {
    "score": lambda row: row.total,
    "refused": lambda row: row.refused,
    "tags kept": lambda row: row.tags_kept,
    "longest run": lambda row: row.longest_run,
    "s a track": lambda row: row.seconds,
}


def plot(ways: list[Way]) -> str:
    """Return an SVG: a row for each feature, a strip of dots for each way, green inside.

    A grey bar spans the middle 90 % of real music where it was measured.
    """
    names = feature_names(ways)
    strip, left, width = 14, 150, 700
    row = strip * len(ways) + 26
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 30}" '
        f'height="{row * len(names) + 10}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, name in enumerate(names):
        found = [way.values(name) for way in ways]
        every = [value for dots in found for value, _ in dots]
        real = (REAL[name][2][0], REAL[name][2][-1]) if name in REAL else ()
        low, high = min((*every, *real)), max((*every, *real))
        parts += _feature(name, 16 + place * row, (low, high), real, (left, width))
        for line, (way, dots) in enumerate(zip(ways, found, strict=True)):
            y = 16 + place * row + 12 + line * strip
            parts.append(f'<text x="20" y="{y + 4}">{escape(way.name)}</text>')
            for value, inside in dots:
                x = left + (value - low) / max(high - low, 1e-9) * width
                colour = "#2a7" if inside else "#c55"
                parts.append(
                    f'<circle cx="{x:.1f}" cy="{y}" r="3.5" fill="{colour}" fill-opacity="0.5"/>'
                )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _feature(
    name: str,
    top: int,
    span: tuple[float, float],
    real: tuple[float, ...],
    frame: tuple[int, int],
) -> list[str]:
    (low, high), (left, width) = span, frame
    said = [f'<text x="4" y="{top}" font-weight="bold">{escape(name)}</text>']
    said.append(f'<text x="{left}" y="{top}" fill="#777">{low:.2f}</text>')
    said.append(
        f'<text x="{left + width}" y="{top}" fill="#777" text-anchor="end">{high:.2f}</text>'
    )
    if real:
        at = [left + (edge - low) / max(high - low, 1e-9) * width for edge in real]
        said.append(
            f'<rect x="{at[0]:.1f}" y="{top + 3}" width="{at[1] - at[0]:.1f}" height="3" '
            'fill="#bbb"/>'
        )
    return said

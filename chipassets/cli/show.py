"""`chipassets show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipassets.cli.completing import tracks_of_bundle
from chipassets.cli.options import JsonOption
from chipassets.cli.output import print_json, print_text
from chipassets.errors import UsageError
from chipassets.music.uses import say_parts

if TYPE_CHECKING:
    from chipassets.bundle import TrackEntry


def show_command(
    bundle: Annotated[Path, typer.Argument(help="The bundle: its folder or a zip of it.")],
    track: Annotated[
        str, typer.Argument(help="The track's name.", autocompletion=tracks_of_bundle)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The file to write, .svg or .png.", show_default="TRACK.svg"
        ),
    ] = None,
    bars: Annotated[
        str | None, typer.Option("--bars", help="Only these bars, larger: 5-8, or 5.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a track: notes by voice, sections, phrases, chords, loop and sound.

    Notes outside the key and the chords have a red rim; an SVG names each note under the pointer.
    """
    from chipassets.bundle import open_folder, write_file
    from chipassets.report.track_picture import show

    path = out or Path(f"{track}.svg")
    if path.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"--out {path}: the picture is SVG or PNG; end the name in .svg or .png")
    shown = show(open_folder(bundle), track, bars, as_png=path.suffix.lower() == ".png")
    write_file(path, shown.picture)
    if as_json:
        print_json({"picture": str(path), "track": shown.entry.model_dump(mode="json")})
    else:
        print_text("\n".join([*_facts(shown.entry), f"{path}: the picture"]))


def _facts(entry: TrackEntry) -> list[str]:
    """Return what is known of a track, one line for each fact."""
    lines = [
        f"{entry.name}: {entry.scene} ({', '.join(entry.moods)}), {entry.key}, "
        f"{entry.tempo_bpm:g} bpm, {entry.metre}",
        f"  {entry.length}",
    ]
    for part in entry.sections:
        chords = entry.chords[part.start_bar : part.start_bar + part.bars]
        lines.append(f"  {part.name:6} {part.start_bar + 1:3}  {' | '.join(chords)}".rstrip())
        closes = ", ".join(phrase.cadence for phrase in part.phrases if phrase.cadence)
        said = "; ".join([closes] * bool(closes) + say_parts(part.parts.items()))
        lines += [f"              {said}"] * bool(said)
    lines += [f"  dropped {item.count}: {item.reason}" for item in entry.dropped]
    lines += [f"  adapted {item.count}: {item.reason}" for item in entry.adapted]
    lines += [
        f"  covered {item.strokes} of {item.of} strokes of {item.drum}"
        for item in entry.covered_strokes
    ]
    lines += [f"  {warning}" for warning in entry.warnings]
    return lines

"""`chipassets instruments`."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipassets.cli.output import print_json, print_table, print_text
from chipassets.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from chipassets.chips.chipsong import Instrument, Macro

_PLAYERS = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
    "pw-play": (),
    "paplay": (),
    "aplay": ("-q",),
    "afplay": (),
    "play": ("-q",),
}
"""Programs that play a WAV file, with the arguments before its name; the first found is used."""


def instruments_command(
    manifest: Annotated[
        Path | None, typer.Argument(help="A manifest, for its chip and its custom instruments.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    play: Annotated[
        str | None,
        typer.Option("--play", metavar="NAME", help="Play a phrase on this instrument."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the phrase to this WAV file instead of playing it."),
    ] = None,
    chip: Annotated[
        str | None, typer.Option("--chip", help="The chip: nes, nes-vrc6, gameboy or snes.")
    ] = None,
    kit: Annotated[
        str, typer.Option("--kit", help="The drum kit of --play: noise, dmc or samples.")
    ] = "",
) -> None:
    """Print the instruments that tracks can name, or play one of them."""
    from chipassets.arrange.bank import INSTRUMENTS
    from chipassets.chips.profiles import CHIPS
    from chipassets.manifest import load_manifest
    from chipassets.manifest.models import DEFAULT_CHIP

    bank: dict[str, Instrument] = dict(INSTRUMENTS)
    loaded = load_manifest(manifest) if manifest is not None else None
    own = dict(loaded.instruments) if loaded is not None else {}
    bank |= {name: _named(instrument, name) for name, instrument in own.items()}
    chip = chip or (loaded.chip if loaded is not None else DEFAULT_CHIP)
    _check(chip, CHIPS, "chip", "--chip")
    if kit:
        _check(kit, CHIPS[chip].kits, f"drum kit of {chip}", "--kit")
    if play is not None:
        _check(play, bank, "instrument", "--play")
        _play(bank[play], chip, kit, out)
        return
    if out is not None:
        raise UsageError("--out writes what --play plays; add --play NAME")
    rows = [_json(instrument, custom=name in own) for name, instrument in bank.items()]
    if as_json:
        print_json({"chip": chip, "instruments": rows})
        return
    print_table("instruments", _COLUMNS, [_row(row) for row in rows])
    print_text("`chipassets instruments --play NAME` plays one; `instruments:` in a manifest names "
               "them by role, or states custom ones.")  # fmt: skip


def _named(instrument: Instrument, name: str) -> Instrument:
    """Return the instrument under another name."""
    from dataclasses import replace

    return replace(instrument, name=name)


def _check(word: str, known: Mapping[str, Any] | tuple[str, ...], what: str, option: str) -> None:
    """Raise UsageError, naming the nearest, if a word is not known."""
    from chipassets.nearest import did_you_mean

    if word not in known:
        fix = did_you_mean(word, tuple(known), f"{what}s")
        raise UsageError(f"{option}: there is no {what} {word!r}; {fix}")


def _play(instrument: Instrument, chip: str, kit: str, out: Path | None) -> None:
    """Play an instrument's phrase with a program of the system, or write it to a file."""
    from chipassets.bundle import write_file
    from chipassets.production.audition import audition
    from chipassets.render import encode_wav

    data = encode_wav(audition(instrument, chip, kit))
    if out is not None:
        write_file(out, data)
        print_text(f"{out}: {instrument.name} on {chip}")
        return
    program = next((name for name in _PLAYERS if shutil.which(name)), None)
    if program is None:
        raise MissingExtraError(
            f"no program that plays sound was found; looked for {', '.join(_PLAYERS)}. Install one "
            "of them, or write the phrase to a file with --out"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{instrument.name}.wav"
        path.write_bytes(data)
        done = subprocess.run(  # noqa: S603
            [program, *_PLAYERS[program], str(path)], check=False, capture_output=True, text=True
        )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise MissingExtraError(
            f"{program} could not play the phrase: {said[-1] if said else 'it said nothing'}. "
            "Write it to a file with --out"
        )


_COLUMNS = ["instrument", "plays", "volume, frame by frame", "held", "duty", "vibrato", "on snes"]


def _json(instrument: Instrument, *, custom: bool) -> dict[str, Any]:
    """Return an instrument as JSON values."""
    from chipassets.arrange.bank import DRUM_SOUNDS
    from chipassets.chips.soundbank import drum_source, sources, wave_source

    drum = instrument.name in DRUM_SOUNDS
    middle = 40 if instrument.name.startswith("triangle") else 60
    number = (
        drum_source(instrument.name)
        if drum
        else wave_source(instrument.name, instrument.duty.values[-1], middle)
    )
    has_vibrato = instrument.vibrato_delay_frames is not None
    return {
        "name": instrument.name,
        "plays": "drum" if drum else "tone",
        "custom": custom,
        "volume": _macro(instrument.volume),
        "duty": _macro(instrument.duty),
        "arpeggio": _macro(instrument.arpeggio),
        "pitch": _macro(instrument.pitch),
        "vibrato": {
            "delay": instrument.vibrato_delay_frames,
            "depth": instrument.vibrato_depth_cents,
            "period": instrument.vibrato_period_frames,
        } if has_vibrato else None,
        "snes_sample": sources()[number].name.rstrip("0123456789"),
    }  # fmt: skip


def _macro(macro: Macro) -> dict[str, Any]:
    """Return a macro as JSON has it."""
    return {"values": list(macro.values), "loop": macro.loop, "release": macro.release}


_MOST_SHOWN = 10


def _row(row: dict[str, Any]) -> list[str]:
    """Return an instrument's row of the table, from its JSON values."""
    volume = row["volume"]
    values = volume["values"][: volume["release"]]
    shown = " ".join(map(str, values[:_MOST_SHOWN])) + (" …" if len(values) > _MOST_SHOWN else "")
    held = "dies away" if not values[-1] else f"at {values[-1]}"
    vibrato = row["vibrato"]
    swing = f"{vibrato['depth']} cents after {vibrato['delay']} frames" if vibrato else ""
    drum = row["plays"] == "drum"
    duty = "" if drum else " ".join(map(str, row["duty"]["values"]))
    plays = row["plays"] + (", custom" if row["custom"] else "")
    return [row["name"], plays, shown, held, duty, swing, row["snes_sample"]]

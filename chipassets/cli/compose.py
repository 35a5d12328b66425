"""`chipassets compose`: MIDI files from a primer, as polyphony_rnn_generate writes them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.cli.output import print_json, print_text
from chipassets.cli.parser import Parser, number, whole
from chipassets.cli.safe_text import visible
from chipassets.errors import UsageError

if TYPE_CHECKING:
    from chipassets.music.notes import Primer

SUMMARY = "Write MIDI files that a model makes from a primer, as polyphony_rnn_generate does."
_MOST_OUTPUTS = 4096
_MOST_STEPS = 65_536


def compose(words: list[str]) -> None:
    """Write the MIDI files that the arguments of a command line ask for."""
    options = _parser().parse_args([_spelled(word) for word in words])
    # The matrix products are small: a second thread costs more to start than it saves.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from chipassets.compose.weights import open_model
    from chipassets.production.generate import DEFAULT_QPM, Request, generate, write_outputs

    primer, tempo = _read_primer(options)
    request = Request(
        primer=primer,
        num_outputs=options.num_outputs,
        num_steps=options.num_steps,
        condition_on_primer=options.condition_on_primer,
        inject_primer_during_generation=options.inject_primer_during_generation,
        qpm=tempo or options.qpm or DEFAULT_QPM,
        temperature=options.temperature,
        seed=options.seed,
        guided=options.guided,
    )
    model = open_model(options.model)
    stem = f"{model.name}_{options.seed}"
    paths = write_outputs(options.output_dir, stem, generate(request, model))
    if options.json:
        print_json({"files": [str(path) for path in paths]})
    else:
        print_text(f"wrote {len(paths)} MIDI files: {paths[0]} … {paths[-1].name}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "chipassets compose",
        description=f"{SUMMARY} Of several primers the first counts: pitches, melody, file.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--output-dir", type=Path, default=Path("generated"), help="the folder of the files")
    add("--num-outputs", type=whole(1, _MOST_OUTPUTS), default=10, help="how many files")
    add(
        "--num-steps",
        type=whole(1, _MOST_STEPS),
        default=128,
        help="length in 16ths, the primer included",
    )
    add("--primer-pitches", default="", help='a chord of one quarter: "[67, 64, 60]"')
    add("--primer-melody", default="", help='16ths; -2 holds, -1 ends a note: "[60, -2, 62, -1]"')
    add("--primer-midi", type=Path, help="a MIDI file; its tempo goes before --qpm")
    add(
        "--condition-on-primer",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="the model hears the primer and continues it",
    )
    add(
        "--inject-primer-during-generation",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the primer sounds again, and the model plays along",
    )
    add("--qpm", type=number(4, 1000), help="tempo in quarter notes a minute; default 120")
    add("--temperature", type=number(0.05, 10), default=1.0, help="boldness")
    add("--seed", type=whole(0, 2**64), default=0, help="the same seed gives the same files")
    add("--model", default="default", help="a shipped model's name or a model file")
    add(
        "--guided",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="compose as a build does, with its guidance and form; in C major",
    )
    add("--json", action="store_true", help="print the result as JSON")
    return parser


_SWITCHES = ("--condition-on-primer", "--inject-primer-during-generation")
_TRUTHS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_NO_SEARCH = "this command has no beam search; use `chipassets build --composer magenta`"
_ELSEWHERE = {
    "--bundle-file": "convert it with `chipassets train import`, then use --model",
    "--run-dir": "convert it with `chipassets train import`, then use --model",
    "--config": "the model file contains it; use --model",
    "--hparams": "the model file contains it; use --model",
    "--beam-size": _NO_SEARCH,
    "--branch-factor": _NO_SEARCH,
    "--steps-per-iteration": "this command has no beam search; leave it out",
    "--log": "this command writes no log; leave it out",
    "--save-generator-bundle": "`chipassets train export --mag` writes bundles",
}
"""Flags of polyphony_rnn_generate that this command does not have, and what to do instead."""


def _spelled(word: str) -> str:
    """Return an argument in this parser's spelling.

    The spellings of polyphony_rnn_generate are accepted: `--primer_melody`,
    `--condition_on_primer=true`, `--noinject_primer_during_generation`.
    """
    name, equals, value = word.partition("=")
    if not name.startswith("--"):
        return word
    name = name.replace("_", "-")
    if name in _ELSEWHERE:
        raise UsageError(f"{word.partition('=')[0]} is Magenta's: {_ELSEWHERE[name]}")
    for switch in _SWITCHES:
        off = f"--no-{switch[2:]}"
        if name == off.replace("--no-", "--no"):
            return off
        if name == switch and equals:
            truth = _TRUTHS.get(value.lower())
            if truth is None:
                raise UsageError(f"{word}: write true or false")
            return switch if truth else off
    return name + equals + value


def _read_primer(options: argparse.Namespace) -> tuple[Primer, float | None]:
    """Return the first primer among the options, and its tempo if it has one."""
    from chipassets.music.notes import Primer
    from chipassets.production.generate import primer_of_file, primer_of_melody, primer_of_pitches

    if options.primer_pitches:
        return primer_of_pitches(options.primer_pitches), None
    if options.primer_melody:
        return primer_of_melody(options.primer_melody), None
    if options.primer_midi is None:
        return Primer((), 0), None
    if not options.primer_midi.is_file():
        raise UsageError(f"--primer-midi {options.primer_midi} is no file; name a MIDI file")
    found = primer_of_file(options.primer_midi)
    for remark in found.remarks:
        sys.stderr.write(visible(f"{options.primer_midi}: {remark}") + "\n")
    return found.primer, found.tempo_bpm

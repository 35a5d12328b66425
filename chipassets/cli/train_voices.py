"""`chipassets train parts` and `train critic`: networks for single voices, and the critic."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from chipassets.cli.finite import finite
from chipassets.cli.options import OutOption
from chipassets.cli.output import print_table, print_text
from chipassets.cli.writing import Writing, read_notices
from chipassets.errors import MissingExtraError, UsageError
from chipassets.nearest import did_you_mean
from chipassets.train.hparams import MOST_STREAMS

_Folder = Annotated[Path, typer.Argument(help="MIDI files that have a track for each voice.")]
_Licences = Annotated[
    list[str] | None, typer.Option(help="Leave out licences with this prefix. Repeatable.")
]
_Sources = Annotated[list[str] | None, typer.Option(help="Leave out a source. Repeatable.")]
_Confidence = Annotated[
    str, typer.Option(help="Where sources.csv states a confidence, use only this one.")
]


def parts(
    folder: _Folder,
    out: OutOption,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; resumes there. Default beside OUT.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="Train only lead, bass or inner. Repeatable.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Updates a role.")] = 2200,
    units: Annotated[int, typer.Option(min=1, max=1024)] = 192,
    batch_size: Annotated[int, typer.Option(min=1, max=MOST_STREAMS)] = 24,
    learning_rate: Annotated[float, typer.Option(min=1e-7, callback=finite)] = 2e-3,
    dropout: Annotated[float, typer.Option(min=0, max=0.9, callback=finite)] = 0.4,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    refuse_licence: _Licences = None,
    refuse_source: _Sources = None,
    confidence: _Confidence = "",
    notice: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A licence for the card. Repeatable."),
    ] = None,
    remark: Annotated[list[str] | None, typer.Option(help="A sentence for the card.")] = None,
) -> None:
    """Train the networks for single voices, and write them with their model card.

    One process trains the roles in turn; several processes with one --role each may run side by
    side. The file is written when all three are trained.
    """
    _need_torch()
    from chipassets.compose.part_context import ROLES
    from chipassets.train.parts_data import examples
    from chipassets.train.parts_export import exported, write_parts
    from chipassets.train.parts_fit import PartHparams, fit_role
    from chipassets.train.parts_reading import Selection, read_pieces

    roles = tuple(role or ROLES)
    if unknown := sorted(set(roles) - set(ROLES)):
        fix = did_you_mean(unknown[0], ROLES, "roles")
        raise UsageError(f"--role: there is no role {unknown[0]!r}; {fix}")
    selection = Selection(tuple(refuse_licence or ()), tuple(refuse_source or ()), confidence)
    pieces = read_pieces(folder, selection)
    hparams = PartHparams(
        units=units,
        batch=batch_size,
        steps=steps,
        learning_rate=learning_rate,
        dropout=dropout,
        seed=seed,
    )
    run = run or out.with_suffix(".run")
    with Writing(run):
        run.mkdir(parents=True, exist_ok=True)
        for name in roles:
            fit_role(name, examples(pieces, name), run, hparams, print_text)
    missing = [name for name in ROLES if not (run / f"{name}.pt").exists()]
    if missing:
        print_text(f"{run} lacks {', '.join(missing)}; {out} is written when they are trained")
        return
    with Writing(out):
        notices = read_notices(notice or [])
        card = write_parts(exported(run, pieces, selection, tuple(remark or ())), out, notices)
    print_text(f"wrote {out} and {card}")


def critic(
    folder: _Folder,
    out: OutOption,
    composed: Annotated[
        Path | None,
        typer.Option(help="MIDI files of a composer, as examples of what people did not write."),
    ] = None,
    networks: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A file of `train parts`; default the shipped one."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 3000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    refuse_licence: _Licences = None,
    refuse_source: _Sources = None,
    confidence: _Confidence = "",
) -> None:
    """Train the critic: it tells people's phrases from spoiled ones and from a composer's."""
    _need_torch()
    from chipassets.compose.parts_model import parse_parts
    from chipassets.compose.parts_network import PartNetworks
    from chipassets.train.critic_training import critic_phrases, train_critic, write_critic
    from chipassets.train.parts_reading import Selection, read_pieces

    selection = Selection(tuple(refuse_licence or ()), tuple(refuse_source or ()), confidence)
    pieces = read_pieces(folder, selection)
    machine = read_pieces(composed, Selection()) if composed else []
    if networks:
        loaded = PartNetworks(parse_parts(networks.read_bytes(), str(networks)))
    else:
        loaded = PartNetworks.load()
    phrases = critic_phrases(pieces, machine, loaded, seed)
    trained = train_critic(phrases, steps, seed, print_text)
    with Writing(out):
        card = write_critic(trained, out, pieces, selection)
    rows = [
        [kind, *(str(found.get(name, "")) for name in ("all", "game"))]
        for kind, found in trained.training["auc"].items()
    ]
    print_table("area under the curve, held out", ["against", "all", "game"], rows)
    print_text(f"wrote {out} and {card}")


def _need_torch() -> None:
    """Raise MissingExtraError unless PyTorch can be imported."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError(
            "training networks for single voices needs torch, which no extra installs; run "
            "`pip install torch`"
        )

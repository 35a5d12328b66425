"""`chipassets train …`: from a folder of MIDI files to a model that a build can use."""

from __future__ import annotations

import datetime
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipassets.cli import train_data
from chipassets.cli.finite import finite
from chipassets.cli.options import JsonOption, OutOption
from chipassets.cli.output import print_json, print_table, print_text
from chipassets.cli.writing import Writing, new_file, read_notices
from chipassets.errors import MissingExtraError, UsageError
from chipassets.train.hparams import LEAST_KEEP, MOST_EVENTS, MOST_STREAMS

if TYPE_CHECKING:
    from chipassets.compose.weights import Model


class Backend(StrEnum):
    """The Keras backends that --backend names."""

    TENSORFLOW = "tensorflow"
    TORCH = "torch"


_NEEDS = {
    Backend.TENSORFLOW: ("tensorflow", "keras"),
    Backend.TORCH: ("torch", "keras", "tensorboard"),
}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


app.command("corpus")(train_data.corpus_command)
app.command("dataset")(train_data.dataset_command)


@app.command("fit")
def fit_command(
    dataset: Annotated[Path, typer.Argument(help="A file made by `train dataset`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The run's folder; resumes there.")],
    layers: Annotated[str, typer.Option(help="Units of each layer.")] = "128,128,128",
    batch_size: Annotated[int, typer.Option(min=1, max=MOST_STREAMS)] = 64,
    chunk: Annotated[
        int, typer.Option(min=2, max=MOST_EVENTS, help="Events per backpropagation through time.")
    ] = 128,
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 8000,
    learning_rate: Annotated[float, typer.Option(min=1e-7, callback=finite)] = 2e-3,
    keep: Annotated[
        float, typer.Option(min=LEAST_KEEP, max=1.0, callback=finite, help="Dropout keep share.")
    ] = 0.75,
    clip_norm: Annotated[float, typer.Option(min=1e-3, callback=finite)] = 5.0,
    controls: Annotated[bool, typer.Option(help="Without: a pure polyphony_rnn.")] = True,
    patience: Annotated[int, typer.Option(min=0, help="Evaluations without gain; 0 never.")] = 0,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    start_from: Annotated[
        Path | None, typer.Option(help="A model file whose weights a new run begins with.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads per operation; 0 uses all.")] = 0,
    backend: Annotated[
        Backend, typer.Option(help="torch is for a machine with an accelerator.")
    ] = Backend.TENSORFLOW,
    hparams: Annotated[
        str, typer.Option(help="As in polyphony_rnn_train; overrides the options above.")
    ] = "",
) -> None:
    """Train a model; the same command again continues an interrupted run."""
    _need_backend(backend, threads)
    from chipassets.compose.weights import load_model
    from chipassets.train.dataset import load_dataset
    from chipassets.train.hparams import Hparams
    from chipassets.train.original_hparams import parse_hparams

    settings = Hparams(
        layers=_parse_layers(layers),
        batch_size=batch_size,
        chunk=chunk,
        steps=steps,
        learning_rate=learning_rate,
        keep=keep,
        clip_norm=clip_norm,
        with_controls=controls,
        patience=patience,
        seed=seed,
    )
    settings = replace(settings, **parse_hparams(hparams))
    loaded = load_dataset(dataset)
    initial = load_model(start_from) if start_from else None
    # Imported last: the backend takes seconds to load, and mistakes are reported before.
    from chipassets.train.training_loop import fit

    try:
        with Writing(out):
            fit(
                loaded,
                out,
                settings,
                report=_report,
                start_from=initial,
                dataset_file=dataset,
            )
    except MemoryError as error:
        raise UsageError(
            f"the memory is too small for this run ({error}); give it a smaller --batch-size (now "
            f"{settings.batch_size}), --chunk ({settings.chunk}) or smaller --layers"
        ) from error


def _report(progress: object) -> None:
    """Print the progress of a run; a closed output does not stop the run."""
    try:
        print_text(str(progress))
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


@app.command("evaluate")
def evaluate_command(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    dataset: Annotated[Path | None, typer.Option(help="Another dataset than the run's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a run's best weights on the held-out part of the dataset."""
    model = _read_run(run, dataset, "run")
    scores, samples = model.training["held_out"], model.training["samples"]
    if as_json:
        print_json({**scores, "samples": samples})
        return
    rows = [[name, *[str(scores[told][name]) for told in scores]] for name in scores["told"]]
    print_table(str(run), ["held out", *scores], rows)
    if samples:
        pairs = [[k, str(v), str(samples["samples"][k])] for k, v in samples["held_out"].items()]
        print_table("16 bars of 4/4", ["mean", "held out", "samples"], pairs)


@app.command("export")
def export_command(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    out: OutOption,
    name: Annotated[
        str | None, typer.Option(help="The model's name.", show_default="the file's")
    ] = None,
    notice: Annotated[
        list[Path] | None, typer.Option(help="A licence text for the card. Repeatable.")
    ] = None,
    dataset: Annotated[Path | None, typer.Option(help="Another dataset than the run's.")] = None,
    remark: Annotated[list[str] | None, typer.Option(help="A sentence for the card.")] = None,
    single: Annotated[bool, typer.Option(help="Store single precision.")] = False,
    mag: Annotated[bool, typer.Option("--mag", help="Write a bundle for Magenta.")] = False,
) -> None:
    """Write a run's best weights as a model file, with its model card beside it.

    With --mag: as a bundle that Magenta's own polyphony_rnn_generate runs.
    """
    new_file(out)
    name = name or out.stem
    notices = read_notices(notice or [])
    if mag:
        _export_bundle(run, dataset, name, out)
        return
    model = _read_run(run, dataset, name, tuple(remark or ()))
    from chipassets.train.model_export import write_model

    with Writing(out):
        card = write_model(model, out, notices, half=not single)
    print_text(f"wrote {out} and {card}")


@app.command("import")
def import_command(
    source: Annotated[Path, typer.Argument(help="A .mag bundle, or a run directory of Magenta.")],
    out: OutOption,
    name: Annotated[
        str | None, typer.Option(help="The model's name.", show_default="the file's")
    ] = None,
    canonical_key: Annotated[
        bool, typer.Option("--canonical-key", help="It was trained in C major and A minor only.")
    ] = False,
    half: Annotated[bool, typer.Option("--half", help="Store half precision.")] = False,
) -> None:
    """Convert what Magenta's polyphony_rnn_train made to a model file."""
    new_file(out)
    _need_backend()
    from chipassets.compose.weights import save_model
    from chipassets.train.magenta_import import import_magenta
    from chipassets.train.whole import whole_file

    model = import_magenta(source, name or out.stem, canonical_key=canonical_key)
    with Writing(out), whole_file(out) as partial:
        partial.write_bytes(save_model(model, half=half))
    print_text(f"wrote {out}: layers {', '.join(map(str, model.layers))}")


@app.command("ngrams")
def ngrams_command(
    corpus: Annotated[Path, typer.Argument(help="A file made by `train corpus`.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Beside the model: my.safetensors has my.ngrams.")
    ],
    refuse_licence: Annotated[
        list[str] | None, typer.Option(help="As in `train dataset`. Repeatable.")
    ] = None,
    refuse_source: Annotated[
        list[str] | None, typer.Option(help="As in `train dataset`. Repeatable.")
    ] = None,
) -> None:
    """Index the melodies of a corpus, so that builds detect when a model copies them."""
    new_file(out)
    from chipassets.originality import index_to_bytes
    from chipassets.train.corpus import load_corpus
    from chipassets.train.ngrams import corpus_index
    from chipassets.train.selection import Selection
    from chipassets.train.whole import whole_file

    selection = Selection(tuple(refuse_licence or ()), tuple(refuse_source or ()))
    index = corpus_index(load_corpus(corpus), selection)
    data = index_to_bytes(index)
    with Writing(out), whole_file(out) as partial:
        partial.write_bytes(data)
    rates = index.false_claim_rates
    rows = [[str(n), f"{count:,}", f"{rates[n]:.1%}"] for n, count in index.grams.items()]
    print_table(f"{out}: {index.pieces} pieces, {len(data):,} bytes", _GRAM_COLUMNS, rows)


_GRAM_COLUMNS = ["n", "different grams", "falsely claimed"]


def _export_bundle(run: Path, dataset: Path | None, name: str, out: Path) -> None:
    """Write a bundle for Magenta; it contains the weights only, so nothing is measured."""
    from chipassets.train.magenta_install import need_magenta

    need_magenta("--mag")
    _need_backend()
    from chipassets.train.checkpoint import remembered_dataset
    from chipassets.train.dataset import load_dataset
    from chipassets.train.magenta_export import export_bundle
    from chipassets.train.model_export import unmeasured_model

    model = unmeasured_model(run, name, load_dataset(dataset or remembered_dataset(run)), _today())
    with Writing(out):
        export_bundle(model, out, f"{model.name}, trained by chipassets")
    print_text(f"wrote {out}")


def _today() -> str:
    """Return today's date, in UTC, as ISO writes it."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _read_run(run: Path, dataset: Path | None, name: str, remarks: tuple[str, ...] = ()) -> Model:
    """Return the evaluated model of a run."""
    _need_backend()
    from chipassets.train.checkpoint import remembered_dataset
    from chipassets.train.dataset import load_dataset

    loaded = load_dataset(dataset or remembered_dataset(run))
    from chipassets.train.model_export import evaluated_model

    return evaluated_model(run, name, loaded, _today(), remarks)


def _parse_layers(text: str) -> tuple[int, ...]:
    try:
        layers = tuple(int(part) for part in text.split(","))
    except ValueError:
        layers = ()
    if not layers or min(layers) < 1 or max(layers) > 4096 or len(layers) > 16:
        raise UsageError(f"--layers {text!r} is not a list of sizes; write it like 128,128,128")
    return layers


def _need_backend(backend: Backend = Backend.TENSORFLOW, threads: int = 0) -> None:
    """Import the backend without its start messages; raise MissingExtraError if it is missing."""
    missing = [name for name in _NEEDS[backend] if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"training needs {' and '.join(missing)}, not installed here; "
            + (
                "run `uv sync --extra train` (or `pip install 'chipassets[train]'`)"
                if backend is Backend.TENSORFLOW
                else f"run `pip install {' '.join(_NEEDS[backend])}`"
            )
        )
    os.environ["KERAS_BACKEND"] = backend.value
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if threads:
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    if backend is Backend.TENSORFLOW:
        # Training on the CPU must not search for other devices and warn that there are none.
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
        with _hushed():
            importlib.import_module("tensorflow")


@contextmanager
def _hushed() -> Iterator[None]:
    """Suppress what is written to standard error, and print it if an exception is raised.

    TensorFlow's C++ libraries print when they are loaded, whatever its log settings say.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)

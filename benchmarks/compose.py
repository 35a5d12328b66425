"""How much faster `chipassets compose` is than Magenta's polyphony_rnn_generate, as processes.

Both run the same weights, primer and settings, ten outputs of 128 steps, each once before it is
timed. `import numpy` is what no program that multiplies with NumPy can do without. Then follow the
parts of our program, in CPU seconds of one process, and events a second of the sampler and of the
network alone, with their share of the machine's matrix-multiply peak.

Run: python -m benchmarks.compose [MODEL] [--ours-only]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Before NumPy is loaded: every figure is of one core, as each output of a build is.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
# Both programs start from compiled bytecode, as they do wherever they were started before.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import numpy as np

from chipassets.compose.constraints import unconstrained
from chipassets.compose.network import Network
from chipassets.compose.sampler import sample
from chipassets.compose.weights import Model, open_model, save_model, shipped_models
from chipassets.seeds import derive_rng
from chipassets.train.reference import without_controls

SETTINGS = ["--num_outputs=10", "--num_steps=128", "--condition_on_primer=true"]
SETTINGS += ["--inject_primer_during_generation=false", "--primer_melody=[60,-2,64,-2,67,-2,-2,-2]"]
_OUR_SETTINGS = ["--num-outputs=10", "--num-steps=128", "--condition-on-primer"]
_OUR_SETTINGS += [
    "--no-inject-primer-during-generation",
    "--primer-melody=[60,-2,64,-2,67,-2,-2,-2]",
]
_OUR_RUNS = 9
_ROWS = (1, 16, 64, 256)
_STEPS = 64
_PEAK_SIZE = 1024


def seconds(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a process to its end and return how long it took, and its CPU time."""
    before = _children_cpu()
    began = time.perf_counter()
    subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    return time.perf_counter() - began, _children_cpu() - before


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def compare(model: Model, folder: Path, *, ours_only: bool) -> None:
    """Print how long each program takes for the same work, and the ratio."""
    weights, bundle = folder / "same.safetensors", folder / "same.mag"
    weights.write_bytes(save_model(model, half=False))
    command = [sys.executable, "-m", "chipassets", "compose", f"--model={weights}", *_OUR_SETTINGS]
    command += [f"--output-dir={folder / 'ours'}"]
    ours, cpu = median_seconds(command)
    print(f"chipassets compose        {ours:8.3f} s, CPU {cpu:8.3f} s (median of {_OUR_RUNS})")
    floor, floor_cpu = median_seconds([sys.executable, "-c", "import numpy"])
    print(
        f"import numpy              {floor:8.3f} s, CPU {floor_cpu:8.3f} s (median of {_OUR_RUNS})"
    )
    parts(command[command.index("compose") + 1 :])
    if ours_only:
        return
    from chipassets.train.magenta_export import export_bundle

    export_bundle(model, bundle, "for a benchmark")
    layers = ",".join(map(str, model.layers))
    theirs = [sys.executable, "-m", "magenta.models.polyphony_rnn.polyphony_rnn_generate"]
    theirs += [f"--bundle_file={bundle}", f"--hparams=batch_size=64,rnn_layer_sizes=[{layers}]"]
    theirs += [f"--output_dir={folder / 'theirs'}", *SETTINGS]
    environment = {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    seconds(theirs, environment)
    taken, taken_cpu = seconds(theirs, environment)
    print(f"polyphony_rnn_generate    {taken:8.1f} s, CPU {taken_cpu:8.1f} s")
    print(f"ratio                     {taken / ours:8.0f}        {taken_cpu / cpu:8.0f}")
    for name in ("ours", "theirs"):
        print(f"{name}: {len(list((folder / name).glob('*.mid')))} files")


def median_seconds(command: list[str]) -> tuple[float, float]:
    """Return the median time and CPU time of several runs, after one that is not counted."""
    seconds(command, {})
    wall, cpu = zip(*[seconds(command, {}) for _ in range(_OUR_RUNS)], strict=True)
    return statistics.median(wall), statistics.median(cpu)


_PARTS = ("start of Python", "import numpy", "other imports", "load", "network", "sample", "write",
          "rest")  # fmt: skip
_DRIVER = """
import time
stamps = {"start of Python": time.process_time()}

def mark(name, since):
    stamps[name] = stamps.get(name, 0.0) + time.process_time() - since

since = time.process_time()
import numpy
mark("import numpy", since)
since = time.process_time()
from chipassets.cli.compose import compose
from chipassets.compose import (
    codec, constraints, controls, network, primer, sampler, weights
)
from chipassets import seeds
from chipassets.production import generate
mark("other imports", since)

def timed(module, function, name):
    whole = getattr(module, function)
    def measured(*words, **options):
        since = time.process_time()
        try:
            return whole(*words, **options)
        finally:
            mark(name, since)
    setattr(module, function, measured)

timed(weights, "open_model", "load")
timed(network, "Network", "network")
timed(sampler, "sample", "sample")
timed(generate, "write_outputs", "write")
import sys
compose(sys.argv[1:])
stamps["rest"] = time.process_time() - sum(stamps.values())
import json
print(json.dumps(stamps), file=sys.stderr)
"""
"""Runs `chipassets compose` and prints the CPU seconds of its parts to stderr as JSON."""


def parts(words: list[str]) -> None:
    """Print the CPU seconds of each part of a run of ours, and its share of the whole."""
    command = [sys.executable, "-c", _DRIVER, *words]
    runs: list[dict[str, float]] = []
    for _ in range(_OUR_RUNS):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stderr.splitlines()[-1]))
    medians = {name: statistics.median(run[name] for run in runs) for name in _PARTS}
    whole = sum(medians.values())
    print(f"parts of chipassets compose, CPU, medians of {_OUR_RUNS}:")
    for name, used in medians.items():
        print(f"  {name:16} {used * 1000:7.1f} ms  {used / whole:6.1%}")
    print(f"  {'together':16} {whole * 1000:7.1f} ms")


def multiply_peak() -> float:
    """Return the floating-point operations a second of a large single-precision product."""
    rng = np.random.default_rng(0)
    left, right = rng.random((2, _PEAK_SIZE, _PEAK_SIZE), dtype=np.float32)
    return 2 * _PEAK_SIZE**3 / best_seconds(lambda: np.matmul(left, right))


def best_seconds(work: Callable[[], object]) -> float:
    """The least time of three runs, after one that is not counted."""
    work()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def throughput(model: Model, peak: float) -> None:
    """Print events a second and the share of the peak for several batch sizes."""
    # The first layer's input only picks a row of its kernel: no multiplication.
    products = sum(kernel.size for kernel in model.kernels[1:]) + model.head_weights.size
    products += 4 * model.layers[0] ** 2
    print(f"peak {peak / 1e9:.0f} GFLOP/s; an event takes {2 * products / 1e6:.2f} MFLOP")
    for rows in _ROWS:
        sampled, alone = _rates(model, rows)
        shares = [2 * products * rate / peak for rate in (sampled, alone)]
        print(
            f"batch {rows:4}: sampler {sampled:9,.0f} events/s ({shares[0]:5.1%} of the peak), "
            f"network alone {alone:9,.0f} ({shares[1]:5.1%})"
        )


def _rates(model: Model, rows: int) -> tuple[float, float]:
    """Return events a second of the sampler, and of the network without it."""
    network = Network(model, rows)
    events = np.full(rows, 60)
    constraints = unconstrained(_STEPS)
    steps = max(50, 2000 // rows)

    def draw() -> int:
        rngs = [derive_rng(1, row) for row in range(rows)]
        return int((sample(network, constraints, rngs, 1.0) >= 0).sum())

    def step() -> None:
        for _ in range(steps):
            network.step(events)

    return draw() / best_seconds(draw), rows * steps / best_seconds(step)


def main() -> None:
    """Compare the processes, then measure the sampler."""
    words = [word for word in sys.argv[1:] if word != "--ours-only"]
    name = words[0] if words else "polyphony" if "polyphony" in shipped_models() else "default"
    model = without_controls(open_model(name))
    print(f"model {name}: layers {model.layers}; load of the machine {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        compare(model, Path(folder), ours_only="--ours-only" in sys.argv)
    throughput(model, multiply_peak())


if __name__ == "__main__":
    main()

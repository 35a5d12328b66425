"""Installs Magenta into this environment, whether a checkout, a wheel or a tool.

Magenta 2.1.4 pins packages of 2022 and lists many that polyphony_rnn never imports, so that no
installer finds versions that fit. It is installed without dependencies, and the ones it needs in
current versions.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from importlib import metadata

from chipassets.errors import MissingExtraError

COMMAND = "chipassets doctor --install magenta"
MAGENTA = "magenta==2.1.4"
NEEDED = (
    "absl-py>=2", "attrs>=24", "audioop-lts>=0.2; python_version>='3.13'", "bokeh>=3",
    "intervaltree>=3", "ipython>=8", "keras>=3.10,<4", "librosa>=0.11", "note-seq==0.0.5",
    "numba>=0.61", "pandas>=2.2", "pillow>=11", "pretty-midi>=0.2.10", "protobuf>=4.21.2",
    "pydub>=0.25", "scipy>=1.14", "setuptools<81", "six>=1.16", "tensorflow>=2.20,<2.22",
    "tensorflow-probability>=0.25", "tf-keras>=2.20,<2.22", "tf-slim>=1.1",
)  # fmt: skip
"""What polyphony_rnn and its tools import, in the releases of pyproject.toml's overrides."""


def missing_for_magenta() -> list[str]:
    """Return the packages that the exchange with Magenta lacks in this environment."""
    return [name for name in ("magenta", "tf_keras") if importlib.util.find_spec(name) is None]


def need_magenta(what: str) -> None:
    """Raise MissingExtraError, with the way to install it, unless Magenta is installed."""
    missing = missing_for_magenta()
    if missing:
        raise MissingExtraError(
            f"{what} needs {' and '.join(missing)}, not installed; run `{COMMAND}` "
            "(in a checkout, `uv sync --extra train --extra magenta`)"
        )


def install_commands() -> list[list[str]]:
    """Return the two commands that install Magenta into this environment, with uv or with pip."""
    uv = shutil.which("uv")
    if uv is not None:
        install = [uv, "pip", "install", "--python", sys.executable]
    elif importlib.util.find_spec("pip") is not None:
        install = [sys.executable, "-m", "pip", "install"]
    else:
        raise MissingExtraError(
            f"{COMMAND} needs uv on the path or pip in this environment; install one of the two"
        )
    # Installed packages keep their versions.
    numpy = f"numpy=={metadata.version('numpy')}"
    return [[*install, *NEEDED, numpy], [*install, "--no-deps", MAGENTA]]


def install_magenta() -> None:
    """Install Magenta into this environment; MissingExtraError if that fails."""
    for command in install_commands():
        done = subprocess.run(command, check=False)  # noqa: S603 - our own list
        if done.returncode:
            raise MissingExtraError(
                f"`{' '.join(command[:4])} …` failed with exit code {done.returncode}; its message "
                f"stands above. Mend that, and run `{COMMAND}` again"
            )

"""Turns every error of a command into a message and an exit code, without a traceback."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chipassets.cli.safe_text import prepare_streams
from chipassets.errors import (
    BundleError,
    ChipassetsError,
    InternalError,
    MissingExtraError,
    UsageError,
)

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
_MOST_SHOWN = 300
_NOT_ONE_OF = re.compile(r"(?:Value error, )?'(?P<word>[^']*)' is not one of (?P<names>'.*')\.?")
"""What typer says of a word outside an enumeration."""


def run(command: Callable[[], object]) -> None:
    """Run a command; if it fails, exit with the documented exit code.

    A command may return its exit code, as typer does with `standalone_mode=False`.
    """
    prepare_streams()
    try:
        code = _run(command)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe (`| head`): not an error, and nothing more can be printed.
        _swallow_output()
        code = 0
    except OSError as error:
        _swallow_output()
        reason = error.strerror or error
        code = _tell(BundleError(f"a file or the output cannot be read or written: {reason}"))
    if code:
        raise SystemExit(code)


def _run(command: Callable[[], object]) -> int | str | None:
    """Run the command, print its error if it fails, and return the exit code."""
    try:
        returned = command()
    except SystemExit as ended:
        # Both typer and rich turn a closed pipe into exit 1.
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None
        return ended.code
    except ChipassetsError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return _tell_interrupted()
    except ModuleNotFoundError as error:
        return _tell(_missing(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno is None:
            return _tell(_internal(error))
        if error.filename is None:
            raise
        return _tell(BundleError(f"{_name(error.filename)}: {error.strerror or error}"))
    # Any other exception: the user gets a line and a log file to send, never a traceback.
    except Exception as error:  # noqa: BLE001
        if _is_usage_error(error):
            return _tell_usage(error)
        return _tell(_internal(error))
    if returned == INTERRUPTED:  # typer makes a code of Ctrl-C, and says nothing
        return _tell_interrupted()
    return returned if isinstance(returned, int) else None


def _tell_interrupted() -> int:
    sys.stderr.write("interrupted; nothing was replaced\n")
    return INTERRUPTED


def _name(file: object) -> str:
    """Return the file name of an OSError, which may be text, bytes or a number."""
    return os.fsdecode(file) if isinstance(file, str | bytes | os.PathLike) else f"file {file}"


def _tell(error: ChipassetsError, *before: str) -> int:
    """Print the lines `before` (not with --json) and the error; return the error's exit code."""
    from chipassets.cli.output import print_error, say

    as_json = "--json" in sys.argv
    try:
        for line in () if as_json else before:
            say((line, ""))
        print_error(error, as_json=as_json)
        sys.stderr.flush()
    except OSError:
        # Nobody can read the message; the exit code still says what happened.
        _swallow_output()
    return error.exit_code


def _is_usage_error(error: Exception) -> bool:
    """Return whether typer says that the command line is wrong.

    Checked by its attributes: the class is typer's own in some releases and click's in others.
    """
    return callable(getattr(error, "format_message", None)) and hasattr(error, "exit_code")


def _tell_usage(error: Any) -> int:
    """Print a wrong call's error and usage; return the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return int(error.exit_code)  # the help is printed already
    context = getattr(error, "ctx", None)
    lines = (context.get_usage(), f"For help: {context.command_path} --help") if context else ()
    return _tell(UsageError(_NOT_ONE_OF.sub(_named, error.format_message())), *lines)


def _named(found: re.Match[str]) -> str:
    """Return what typer says of a word outside an enumeration, with the nearest word."""
    from chipassets.nearest import did_you_mean

    names = re.findall(r"'([^']*)'", found["names"])
    return f"'{found['word']}' is not possible; {did_you_mean(found['word'], names, 'values')}"


def _missing(error: ModuleNotFoundError) -> ChipassetsError:
    """Return the error for a package that is not installed."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "chipassets"):
        return _internal(error)
    return MissingExtraError(
        f"the package {package} is not installed; install chipassets again "
        "(uv sync, or pip install chipassets)"
    )


def _internal(error: Exception) -> InternalError:
    """Write the details of an unexpected error to a file, and return the error to tell."""
    import traceback

    what = f"{type(error).__name__}: {error}".strip()
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    log = _write_log(error)
    told = f"send {log} with a report of it" if log else "report it with what you did"
    return InternalError(
        f"{_in_one_line(what)}{where}: this is a fault of chipassets, not of your files; {told}"
    )


def _in_one_line(text: str) -> str:
    """Return the text in one line of a readable length."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST_SHOWN else flat[: _MOST_SHOWN - 1] + "…"


def _write_log(error: Exception) -> Path | None:
    """Write the details of an internal error to a new temporary file; return its path."""
    # Imported here, so that a command that succeeds does not wait for them.
    import platform
    import tempfile
    import traceback

    from chipassets import __version__

    lines = [
        f"chipassets {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"command: {sys.argv[1:]!r}",
        *traceback.format_exception(error),
    ]
    try:
        handle, name = tempfile.mkstemp(prefix="chipassets-error-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
    except OSError:
        return None
    return Path(name)


def _swallow_output() -> None:
    """Redirect both streams to the null device, so that flushing them at exit cannot fail again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)

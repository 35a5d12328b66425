"""Errors for files that a command cannot write, and for notices that it cannot read."""

from __future__ import annotations

from pathlib import Path

from chipassets.errors import BundleError, UsageError


class Writing:
    """A context manager that turns a failure to write below a path into an error that names it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failure(self.path, error) from error

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _failure(self.path, error) from error


def new_file(path: Path) -> Path:
    """Return the path of a file to write; raise UsageError if it is a folder."""
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise _failure(path, error) from error
    if is_folder or not path.name:
        raise UsageError(f"{path} is a folder; name a file to write, like {path / 'my.corpus'}")
    return path


def read_notices(paths: list[Path]) -> dict[str, str]:
    """Return the licence texts of the files by file name; UsageError if one cannot be read."""
    found = {}
    for path in paths:
        try:
            found[path.stem] = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise UsageError(f"the notice {path} cannot be read: {why}") from error
    return found


def _failure(path: Path, error: OSError) -> BundleError:
    """Return the error for a file that cannot be written."""
    return BundleError(
        f"cannot write {path}: {error.strerror or error}; free some space, or choose another place"
    )

"""Logs warnings in the game's log."""

from __future__ import annotations


def warn(message: str, *values: object) -> None:
    """Log a warning of the logger `chipassets.runtime`."""
    # Imported here: logging would be a third of this package's import time, and a game with an
    # intact bundle never needs it.
    import logging

    logging.getLogger(__package__).warning(message, *values)

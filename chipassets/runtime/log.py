"""One line in the game's log for each thing that is not as it should be."""

from __future__ import annotations


def warn(message: str, *values: object) -> None:
    """Log a warning of the logger `chipassets.runtime`."""
    # Imported here: logging is a third of what importing this package would take, and a game whose
    # music is whole never needs it.
    import logging

    logging.getLogger(__package__).warning(message, *values)

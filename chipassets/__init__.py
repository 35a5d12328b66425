"""Chip music for games: composed, shaped, arranged and rendered from a manifest."""

__version__ = "0.1.0"

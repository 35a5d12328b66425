"""How many examples a law is tried with, of those that the profile asks for."""

from __future__ import annotations

from hypothesis import settings


def share_of_examples(share: float) -> settings:
    """Return the settings of a law whose examples take long: `share` of the profile's examples.

    With --hypothesis-profile=thorough it is tried more often as well, as every law is.
    """
    profile = settings.default or settings()
    return settings(max_examples=max(2, round(share * profile.max_examples)))

"""Which drum a tracker's sound is: by its name, or by the pitch of the noise channel.

Kinds are keys of General MIDI's percussion: kick 36, snare 38, closed hat 42, tom 45, open hat 46,
crash 49.
"""

from __future__ import annotations

import re

KICK, SNARE, CLOSED_HAT, TOM, OPEN_HAT, CRASH = 36, 38, 42, 45, 46, 49

_NAMES = (
    (OPEN_HAT, r"open.?hi.?hat|open.?hats?|open.?hh|hi?.?hat.?open|hat.?open|\bohh?\b"),
    (CLOSED_HAT, r"hi.?hat|\bhats?\b|\bc?hh\b|shaker|maraca|tambourine|\btick\b|cabasa"),
    (SNARE, r"snare|\bsnr\b|\bsd\b|\bclap|rim.?shot|\brim\b|side.?stick"),
    (CRASH, r"crash|cymbal|\bcymb?\b|\bride\b|splash|china"),
    (TOM, r"\btoms?\d?\b|tom.?tom|conga|bongo|timpani|timbale|cowbell|wood.?block|agogo"),
    (KICK, r"kick|bass.?drum|\bb\.?d\.?\b|\bbdrum|drum|perc|\bbeat\b"),
)
"""Words of sample and instrument names, looked for in this order; `_` and digits end a word."""
_KINDS = tuple((key, re.compile(pattern, re.IGNORECASE)) for key, pattern in _NAMES)
_WORD_ENDS = re.compile(r"[_\d]+")


def drum_by_name(name: str) -> int:
    """Return the key of the drum that a name means, 0 if it means none."""
    plain = _WORD_ENDS.sub(" ", name)
    return next((key for key, pattern in _KINDS if pattern.search(plain)), 0)


def drum_by_noise(rate_hz: float, lasts_seconds: float | None) -> int:
    """Return the key of a drum on a noise channel, by rules.

    rate_hz: how often the noise register steps in a second. Slow noise is a kick, fast noise a hat,
    what lies between a snare, or a hat if it ends at once. lasts_seconds: None if it is held.
    """
    seconds = _LONG_SECONDS if lasts_seconds is None else lasts_seconds
    if rate_hz < _KICK_BELOW_HZ:
        return KICK
    if rate_hz >= _HAT_FROM_HZ:
        return OPEN_HAT if _SHORT_SECONDS < seconds < _LONG_SECONDS else CLOSED_HAT
    return CLOSED_HAT if seconds <= _CLICK_SECONDS and rate_hz >= _CLICK_FROM_HZ else SNARE


_KICK_BELOW_HZ, _HAT_FROM_HZ = 2_000.0, 50_000.0
_CLICK_FROM_HZ, _CLICK_SECONDS = 8_000.0, 0.09
_SHORT_SECONDS, _LONG_SECONDS = 0.2, 2.0

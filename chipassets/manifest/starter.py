"""The manifest that `chipassets init` writes: complete, commented, and valid as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap

from chipassets.errors import ManifestError, Problem
from chipassets.manifest.loader import parse_manifest
from chipassets.plan.formats import FORMATS
from chipassets.plan.presets import MOODS, SCENES

_WIDTH = 96

_TEXT = """\
# yaml-language-server: $schema=./chipassets.schema.json
# (chipassets schema > chipassets.schema.json gives your editor completion and checks)
#
# The music of the game. Build it with: chipassets build THIS_FILE

game: {game}
seed: 1                     # another number, other music; the same number, the same music
# chip: nes                 # the sound chip
# formats: [ogg, midi]      # {formats}
# loudness: -18 LUFS        # what tracks are brought to; a scene may ask for less (level:)

# What holds for every track unless it says otherwise.
defaults:
  takes: 16                 # candidates for each track; the best one is kept
  # temperature: 1.0        # under 1 more predictable, over 1 wilder

# Each track plays in one of these scenes:
# {scenes}.
# A track that is named like a scene needs nothing else.
tracks:
  title:
    mood: heroic            # or several in brackets, the first counts most:
                            # {moods}
    key: C major            # left out, the seed chooses one that fits scene and mood
    primer: "C5 . E5 . G5 - - . E5 - G5 - C6 - - -"   # one word a 16th: a note, - holds, . rests

  overworld:
    length: 16 bars         # or 30 s, or 256 steps

  battle:
    tempo: 150              # quarter notes a minute, or a range: {{min: 140, max: 160}}

  victory:
    loop: false             # plays once
"""


def starter_manifest(game: str) -> str:
    """Return the text of a valid manifest for the game.

    ManifestError if the game's name is not valid.
    """
    text = _TEXT.format(
        game=json.dumps(game, ensure_ascii=False),
        formats=_listed("and ", (name for name in FORMATS if name not in ("ogg", "midi")), 28),
        scenes=_listed("", SCENES, 0),
        moods=_listed("", MOODS, 28),
    )
    try:
        parse_manifest(text.encode("utf-8", "surrogatepass"), Path("manifest.yaml"))
    except ManifestError as error:
        why, fix = error.problems[0].why, error.problems[0].fix
        raise ManifestError((Problem("game", f"the name {game!r}", why, fix),)) from None
    return text


def _listed(start: str, names: Iterable[str], column: int) -> str:
    """Return the names as a comment, wrapped; each further line has its `#` at the column."""
    wrapped = wrap(start + ", ".join(names), _WIDTH - column)
    return f"\n{' ' * column}# ".join(wrapped)

"""The game in a browser, through pygbag: no threads, and the browser says when a picture is due.

pygbag packs a folder with a main.py. Put into an empty one this folder, chipassets/__init__.py with
chipassets/runtime, a bundle as `bundle`, and as main.py:

    import asyncio
    from demo_game.web import main
    asyncio.run(main())

and run `pygbag --no_opt .` there: otherwise it encodes every sound again, at another rate and
without its loop, and the runtime refuses files that are not the bundle's. A bundle in a zip is
packed as it is.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

from chipassets.runtime import Library, PygamePlayer
from demo_game.clock import Pace
from demo_game.music import RULES


async def main(bundle: Path = Path("bundle"), seed: int = 7, most_frames: int | None = None) -> int:
    """Play until the player quits, or for some frames; return how many pictures were shown.

    The tracks are decoded behind the title, a file in each picture.
    """
    from demo_game.stage import Stage
    from demo_game.window import frames, open_window

    open_window()
    player = PygamePlayer(Library.open(bundle), RULES)
    player.preload()
    shown = 0
    for _ in islice(frames(Stage(player, seed), Pace().due), most_frames):
        shown += 1
        await asyncio.sleep(0)  # the browser shows the picture, and comes back for the next
    player.close()
    return shown

"""`python -m demo_game`: opens the bundle and the window, or plays a script without one."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.runtime import Library, LibraryError, PygamePlayer
from demo_game.music import RULES

if TYPE_CHECKING:
    from demo_game.audition import Audition
    from demo_game.recorder import Recorder

_DEFAULT_BUNDLES = (Path("build/demo-quest"), Path("build/demo"))
"""Where the build puts the bundle of the demo manifest; the first that is there is played."""
_DEFAULT_MANIFEST = Path("manifests/demo.yaml")
_UNSEEN = ("dummy", "offscreen")
_BUILD_COMMAND = "uv run chipassets build manifests/demo.yaml"


def main(arguments: list[str] | None = None) -> int:
    """Play the game; return 0, 1 when a script failed, 2 when something it needs is missing."""
    options = _parse(arguments)
    logging.basicConfig(format="demo_game: %(message)s", level=logging.WARNING)
    if find_spec("pygame") is None:
        return _complain("the game needs pygame-ce; run: uv run --extra demo python -m demo_game")
    folder = options.bundle or find_bundle()
    try:
        library = Library.open(folder)
    except LibraryError as error:
        if folder.is_file() or (folder / "bundle.json").exists():
            return _complain(f"{error}; to build it anew run: {_BUILD_COMMAND}")
        return _complain(f"there is no bundle in {folder}; run: {_BUILD_COMMAND}")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    if options.script is not None:
        audition = _open_audition(options.manifest, folder, is_local=True)
        return play_script(
            library, options.script, options.screenshot_dir, options.seed, options.record, audition
        )
    audition = _open_audition(options.manifest, folder, is_local=False)
    return play_window(library, options.seed, folder, audition)


def find_bundle() -> Path:
    """Return the folder of the demo's bundle, the first place to look if it is nowhere."""
    built = (folder for folder in _DEFAULT_BUNDLES if (folder / "bundle.json").exists())
    return next(built, _DEFAULT_BUNDLES[0])


def _open_audition(manifest: Path, bundle: Path, *, is_local: bool) -> Audition:
    """Return an audition of a manifest's takes, which builds into the folder of the bundle."""
    from chipassets.production.workers import use_one_thread
    from demo_game.audition import Audition
    from demo_game.bench import LocalBench
    from demo_game.remote_bench import RemoteBench

    if is_local:
        use_one_thread()
    bench = LocalBench if is_local else RemoteBench
    return Audition(lambda: bench(manifest, bundle))


def play_window(library: Library, seed: int, bundle: Path, audition: Audition | None = None) -> int:
    """Open a window and play in it; when the bundle is built again, its new music is played."""
    import pygame

    from demo_game.reload import BundleWatch
    from demo_game.stage import Stage
    from demo_game.window import open_window, run_window

    reason = ""
    try:
        open_window()
    except pygame.error as error:
        reason = str(error)
    # Without a display SDL may draw into memory, where nobody sees it, unless it was asked to.
    if (
        not reason
        and pygame.display.get_driver() in _UNSEEN
        and "SDL_VIDEODRIVER" not in os.environ
    ):
        reason = "there is no display"
    if reason:
        return _complain(
            f"no window can be opened ({reason}); play a script instead: "
            "--script FILE --record out.wav --screenshot-dir DIR"
        )
    player = PygamePlayer(library, RULES)
    player.preload()
    watch = BundleWatch(bundle)
    run_window(Stage(player, seed, audition=audition), watch)
    if audition is not None:
        audition.close()
    watch.close()
    player.close()
    return 0


def play_script(
    library: Library,
    script: Path,
    screenshot_dir: Path,
    seed: int,
    record: Path | None = None,
    audition: Audition | None = None,
) -> int:
    """Play a script, print what played and when, and return 1 if the game did otherwise.

    With `record`, what the game sounds like is written there as a WAV file.
    """
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    import pygame

    from demo_game.script import ScriptedRun, ScriptError, parse_script
    from demo_game.stage import Stage

    try:
        lines = parse_script(script.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ScriptError) as error:
        return _complain(f"{script}: {error}")
    try:
        recorder = _open_recorder(record)
    except (OSError, RuntimeError) as error:  # soundfile's own error is a RuntimeError
        return _complain(f"{record} cannot be written: {error}")
    pygame.display.init()
    pygame.display.set_mode((1, 1))
    player = PygamePlayer(library, RULES, at_once=True)
    stage = Stage(player, seed, recorder, audition)
    failure = ""
    try:
        ScriptedRun(stage, screenshot_dir).run(lines)
    except ScriptError as error:
        failure = f"{script}: {error}"
    player.close()
    if audition is not None:
        audition.close()
    if recorder is not None:
        recorder.close()
    sys.stdout.writelines(f"{played}\n" for played in stage.log)
    if failure:
        _complain(failure)
    return 1 if failure else 0


def _open_recorder(path: Path | None) -> Recorder | None:
    if path is None:
        return None
    from demo_game.recorder import Recorder

    return Recorder(path)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo_game", description="Lantern Isle, a small game.")
    parser.add_argument("--bundle", type=Path, help="a bundle (the demo manifest's)")
    parser.add_argument(
        "--manifest", type=Path, default=_DEFAULT_MANIFEST, help="whose takes the key t auditions"
    )
    parser.add_argument("--script", type=Path, help="play this script without a window")
    parser.add_argument(
        "--screenshot-dir",
        type=Path,
        default=Path("screenshots"),
        help="where scripts put pictures",
    )
    parser.add_argument("--record", type=Path, help="with --script: write the sound, a WAV file")
    parser.add_argument("--seed", type=int, default=7, help="of the game's dice")
    return parser.parse_args(arguments)


def _complain(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())

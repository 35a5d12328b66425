#!/usr/bin/env python3
"""Draw docs/studio.png: the studio of the demo, in Chromium. docs/pictures.sh runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.web.browser import started_browser  # noqa: E402 - found by the line above

_PLAYED_SAMPLES = 340_000


def main(folder: Path) -> None:
    """Serve a copy of the manifest, accept a take, compare it with another, and draw the page."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copytree(ROOT / "manifests", work / "manifests")
        manifest = work / "manifests/demo.yaml"
        command = [sys.executable, "-m", "chipassets", "studio", str(manifest), "--no-open"]
        environment = {**os.environ, "CHIPASSETS_CACHE": str(work / "cache")}
        studio = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, text=True, cwd=work, env=environment
        )
        try:
            assert studio.stdout is not None  # noqa: S101 - it is a pipe
            address = studio.stdout.readline().split()[-1]
            with started_browser(work / "profile") as browser, browser.open(address) as page:
                page.wait_for("document.querySelectorAll('.note').length > 8")
                page.press("a", "a")
                page.wait_for("Boolean(document.querySelector('.take.accepted'))")
                page.press("b", "b")
                page.press(" ", " ")
                played = "Number(document.querySelector('#roll').dataset.sample)"
                page.wait_for(f"{played} > {_PLAYED_SAMPLES}")
                page.run("scrollTo(0, 0)")
                page.screenshot(folder / "studio.png")
        finally:
            studio.send_signal(signal.SIGINT)
            studio.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs")

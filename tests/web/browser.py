"""Chromium without a window, driven over its debugging pipe: no library and no port is needed."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
    "--allow-file-access-from-files", "--remote-debugging-pipe",
)  # fmt: skip
_READS, _WRITES = 3, 4
_KEY_CODES = {" ": 32, "Enter": 13, "Tab": 9, "Escape": 27}
"""By which a browser knows the keys that do something by themselves."""
_PATIENCE_SECONDS = 120.0


class PageError(Exception):
    """A script that was run in the page threw."""


def find_browser() -> str | None:
    """The path of a Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def started_browser(profile: Path) -> Iterator[Browser]:
    """Run a Chromium; the test is skipped where none is installed."""
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium on the path (Debian: apt-get install chromium)")
    browser = Browser(executable, profile)
    yield browser
    browser.close()


class Browser:
    """A running Chromium with a profile of its own; `flags` come last, so that they win."""

    def __init__(self, executable: str, profile: Path, flags: Sequence[str] = ()) -> None:
        ours, theirs = _pipe(), _pipe()

        def place() -> None:
            os.dup2(ours[0], _READS)
            os.dup2(theirs[1], _WRITES)

        command = [executable, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            command,
            preexec_fn=place,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._write, self._read = ours[1], theirs[0]
        self._numbers = itertools.count(1)
        self._buffer = b""
        self.events: list[dict[str, Any]] = []

    def open(self, url: str, width: int = 1280, height: int = 900) -> Page:
        """A new page that has loaded the address."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attach = {"targetId": target, "flatten": True}
        page = Page(self, self.call("Target.attachToTarget", attach)["sessionId"], target)
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        page.call("Page.navigate", {"url": url})
        page.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page

    def call(
        self, method: str, params: dict[str, Any] | None = None, session: str | None = None
    ) -> dict[str, Any]:
        """The result of a protocol call."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") != number:
                self.events.append(answer)
            elif "error" in answer:
                raise PageError(f"{method}: {answer['error']['message']}")
            else:
                return dict(answer["result"])

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], _PATIENCE_SECONDS)
            chunk = os.read(self._read, 1 << 20) if ready else b""
            if not chunk:
                raise PageError("Chromium does not answer")
            self._buffer += chunk
        data, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(data))


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser, self._session, self._target = browser, session, target

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._browser.call("Target.closeTarget", {"targetId": self._target})

    def call(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of a protocol call in this tab."""
        return self._browser.call(method, params, self._session)

    def run(self, script: str) -> Any:
        """The value of an expression, awaited where it is a promise; PageError if it throws."""
        asked = {
            "expression": script,
            "awaitPromise": True,
            "returnByValue": True,
            "userGesture": True,
        }
        answer = self.call("Runtime.evaluate", asked)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Return once the expression is true; TimeoutError if it never is."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self.run(script):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.02)

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key."""
        code = {"key": key, "windowsVirtualKeyCode": _KEY_CODES.get(key, 0)}
        code |= {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", {"type": "keyDown", **code})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **code})

    def click(self, selector: str, across: float = 0.5, down: float = 0.5) -> None:
        """Click with the mouse inside an element that is scrolled into view first."""
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()"
        )
        place = {"x": box[0] + box[2] * across, "y": box[1] + box[3] * down}
        for kind in ("mousePressed", "mouseReleased"):
            event = {"type": kind, "button": "left", "clickCount": 1, **place}
            self.call("Input.dispatchMouseEvent", event)

    def resize(self, width: int, height: int, *, scale: float = 1, mobile: bool = False) -> None:
        """Make the window that large."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str) -> None:
        """Prefer a "light" or "dark" colour scheme."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", {"features": [feature]})

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def complaints(self) -> list[str]:
        """What this page has written to the console as an error or warning, or thrown."""
        self.run("0")
        own = [e for e in self._browser.events if e.get("sessionId") == self._session]
        found = []
        for event in own:
            params = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"].get("exception", params)))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] != "verbose":
                found.append(params["entry"]["text"])
            elif params.get("type") in ("error", "warning", "assert"):
                found.append(" ".join(str(a.get("value")) for a in params["args"]))
        return found


def _pipe() -> tuple[int, int]:
    """A pipe whose ends lie clear of the numbers that Chromium expects."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]

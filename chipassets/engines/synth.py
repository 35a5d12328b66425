"""The web page's synthesiser as one file, which page and audio worklet both load as a module."""

from __future__ import annotations

import re
from importlib.resources import files

_FOLDER = "runtime/web/synth"
# Each module uses only those before it.
_MODULES = (
    "kernel", "stretches", "voices", "nes", "gameboy", "log", "stream", "processor", "page",
)  # fmt: skip
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./\w+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_PUBLIC = (
    "export { RATE_HZ, SynthTrack, Stream, canStream, install, prepare, readLog, renderBuffers };"
)


def synth_module() -> bytes:
    """Return chipassets-synth.js: the modules of the synthesiser, concatenated."""
    folder = files("chipassets").joinpath(_FOLDER)
    texts = [folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in _MODULES]
    parts = [_EXPORT.sub("", _IMPORT.sub("", text)).strip() for text in texts]
    return "\n\n".join([*parts, _PUBLIC, ""]).encode()

"""Setting keys of a track in a manifest's text: comments, order, layout and line ends stay."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from chipassets.bundle import write_file
from chipassets.errors import UsageError
from chipassets.manifest.loader import load_manifest, parse_manifest
from chipassets.manifest.scalars import plain_value
from chipassets.manifest.yaml_reader import read_document


def set_key(path: Path, track: str, key: str, value: object) -> bool:
    """Make the manifest say `key: value` for a track; return whether it said something else.

    Raises what `set_keys` does.
    """
    return set_keys(path, track, [(key, value)])[0]


def set_keys(path: Path, track: str, settings: Sequence[tuple[str, object]]) -> list[bool]:
    """Make the manifest say all settings of a track; return of each whether that is new.

    Raises:
        ManifestError: the manifest has mistakes, or would have with them. It stays as it was.
        UsageError: it has no such track, or says it in a way that only a person should change.
    """
    manifest = load_manifest(path)
    if track not in manifest.tracks:
        raise UsageError(f"{path} has no track {track!r}; it has {', '.join(manifest.tracks)}")
    data = path.read_bytes()
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode()
    changed = []
    for key, value in settings:
        before = text
        text = _set(path, before, track, key, value)
        changed.append(text != before)
    whole = mark + text.encode()
    parse_manifest(whole, path)
    if whole != data:
        write_file(path, whole)
    return changed


def _set(path: Path, before: str, track: str, key: str, value: object) -> str:
    """Return the text with that key of the track, and nothing else, made to say the value."""
    wanted = dict(_values(before, path))
    tracks = dict(wanted["tracks"])
    said = tracks[track] or {}
    if _same(said.get(key), value) and key in said:
        return before
    # Copies, because nothing else may change with it.
    wanted["tracks"] = tracks | {track: {**said, key: value}}
    after = edited(before, track, key, value)
    if after is None or not _same(_values(after, path), wanted):
        raise UsageError(
            f"{path} says {key!r} of track {track!r} in a way that cannot be changed here; "
            "edit it by hand"
        )
    return after


def _values(text: str, path: Path) -> dict[str, Any]:
    """What the text says, as manifests are read: by YAML 1.2."""
    return read_document(text.encode(), str(path))[0].values


def _same(one: object, other: object) -> bool:
    """Whether two values are equal and of the same types: 1 is neither true nor 1.0."""
    first, second = (json.dumps(value, sort_keys=True) for value in (one, other))
    return first == second


def edited(text: str, track: str, key: str, value: object) -> str | None:
    """Return the text with that key of the track, None where there is no place for it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None  # the reader of manifests takes a little more: a tab before a colon, say
    tracks = _child(root, "tracks")
    found = _child(tracks, track)
    if found is None or tracks is None:
        return None
    name, node = found
    said = flow_text(value)
    if isinstance(node, yaml.MappingNode):
        return _in_mapping(text, node, key, said)
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return _in_empty(text, name, key, said, is_flow=_is_flow(tracks[1]))
    return None


def flow_text(value: object) -> str:
    """Return a value as YAML 1.2 in one line, which YAML 1.1 reads alike."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        pairs = (f"{flow_text(str(key))}: {flow_text(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow_text, value))}]"
    text = str(value)
    if _PLAIN.fullmatch(text) and plain_value(text) == text and yaml.safe_load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)


_BREAK = re.compile("\r\n|\r|\n")
_PLAIN = re.compile(r"[A-Za-z_](?:[\w /.'+-]*[\w'])?", re.ASCII)
"""What needs no quotes anywhere."""


def _child(parent: Any, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key's node and its value's in a mapping, or in the value of such a pair."""
    node = parent[1] if isinstance(parent, tuple) else parent
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((pair for pair in pairs if pair[0].value == key), None)


def _in_mapping(text: str, node: yaml.MappingNode, key: str, said: str) -> str:
    """Say it in a mapping that stands there, in place of what it says of the key."""
    pair = _child(node, key)
    if pair is not None:
        name, old = pair
        if isinstance(old, yaml.ScalarNode) or _is_flow(old):
            first = old.start_mark.index
            # A text of several lines ends with its line breaks, which belong to what follows.
            last = first + len(text[first : old.end_mark.index].rstrip())
            blank = " " if first == name.end_mark.index + 1 else ""  # of "key:" nothing is said
            return text[:first] + blank + said + text[last:]
        # A list on lines of its own ends with its last word; what the marks call its end is the
        # start of whatever follows.
        return f"{text[: name.end_mark.index]}: {said}{text[_last(old) :]}"
    at = node.start_mark.index
    if node.flow_style:
        return f"{text[: at + 1]}{key}: {said}{', ' if node.value else ''}{text[at + 1 :]}"
    indent = " " * node.start_mark.column
    return f"{text[:at]}{key}: {said}{_line_break(text)}{indent}{text[at:]}"


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _in_empty(text: str, name: yaml.Node, key: str, said: str, *, is_flow: bool) -> str | None:
    """Fill in a track of which nothing is said yet."""
    colon = text.find(":", name.end_mark.index)
    end_of_line = _BREAK.search(text, name.end_mark.index)
    line_end = end_of_line.start() if end_of_line else len(text)
    if not name.end_mark.index <= colon < line_end:
        return None
    if is_flow:
        return f"{text[: colon + 1]} {{{key}: {said}}}{text[colon + 1 :]}"
    indent = " " * (name.start_mark.column + 2)
    return f"{text[:line_end]}{_line_break(text)}{indent}{key}: {said}{text[line_end:]}"


def _line_break(text: str) -> str:
    """What ends the lines of the text: that of its first."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def _last(node: yaml.Node) -> int:
    """Return where the last scalar or flow collection of a node ends."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)

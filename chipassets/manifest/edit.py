"""Sets keys in a manifest's text and keeps its comments, order, layout and line ends."""

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
from chipassets.errors import ManifestError, UsageError
from chipassets.manifest.loader import load_manifest, parse_manifest
from chipassets.manifest.scalars import plain_value
from chipassets.manifest.yaml_reader import read_document
from chipassets.nearest import did_you_mean

REMOVED = object()
"""The value of a key that is to be deleted."""


def set_key(path: Path, track: str, key: str, value: object) -> bool:
    """Set a key of a track in the manifest to a value; return whether it changed.

    Raises what `set_keys` does.
    """
    return set_keys(path, track, [(key, value)])[0]


def set_keys(path: Path, track: str, settings: Sequence[tuple[str, object]]) -> list[bool]:
    """Set keys of a track in the manifest; return for each key whether its value changed.

    Raises:
        ManifestError: the manifest is invalid, or would be after the change. It stays as it was.
        UsageError: there is no such track, or its text cannot be edited automatically.
    """
    data = path.read_bytes() if path.is_file() else b""
    load_manifest(path)
    whole, changed = with_settings(data, path, track, settings)
    if whole != data:
        write_file(path, whole)
    return changed


def with_settings(
    data: bytes, path: Path, track: str | None, settings: Sequence[tuple[str, object]]
) -> tuple[bytes, list[bool]]:
    """Return the manifest's bytes with the settings applied, and for each key whether it changed.

    track: the track to change, None for the game's own keys. A value that is REMOVED deletes its
    key. Raises what `set_keys` does; `path` only names the manifest and is not written.
    """
    manifest = parse_manifest(data, path)
    if track is not None and track not in manifest.tracks:
        fix = did_you_mean(track, manifest.tracks, "tracks")
        raise UsageError(f"{path} has no track {track!r}; {fix}")
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode()
    changed = []
    for key, value in settings:
        before = text
        text = _set(path, before, track, key, value)
        changed.append(text != before)
    whole = mark + text.encode()
    parse_manifest(whole, path)
    return whole, changed


def read_value(text: str) -> object:
    """Return the value that a text has in a manifest; words with commas are a list.

    UsageError if it is not a plain value on one line.
    """
    try:
        document, problems = read_document(f"value: {text}".encode(), "the value")
    except ManifestError as error:
        problems = list(error.problems)
    if problems:
        problem = problems[0]
        raise UsageError(f"{text!r} is not a plain value: {problem.why}; {problem.fix}")
    if document.values.keys() != {"value"}:
        raise UsageError(f"{text!r} is not a plain value: write it in one line")
    found = document.values["value"]
    if found == text.strip() and "," in text:
        found = [word.strip() for word in text.split(",")]
    return found


def _set(path: Path, before: str, track: str | None, key: str, value: object) -> str:
    """Return the text with that key of the owner set to the value and nothing else changed."""
    wanted = dict(_values(before, path))
    tracks = dict(wanted["tracks"])
    said = (wanted if track is None else tracks[track]) or {}
    if key not in said and value is REMOVED:
        return before
    if key in said and value is not REMOVED and _same(said[key], value):
        return before
    # Copies, because a change of the original would change other values too.
    after_it = {name: what for name, what in said.items() if name != key or value is not REMOVED}
    if value is not REMOVED:
        after_it[key] = value
    if track is None:
        wanted = after_it
    else:
        wanted["tracks"] = tracks | {track: after_it or None}
    after = edited(before, track, key, value)
    if after is None or not _same(_filled(_values(after, path)), _filled(wanted)):
        whose = "of the game" if track is None else f"of track {track!r}"
        raise UsageError(
            f"{path} says {key!r} {whose} in a way that cannot be changed here; edit it by hand"
        )
    return after


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with {} for a track without settings, which means the same as no value."""
    tracks = values["tracks"]
    return values | {"tracks": {name: said or {} for name, said in tracks.items()}}


def _values(text: str, path: Path) -> dict[str, Any]:
    """Return the values of the text, read as a manifest is: by YAML 1.2."""
    return read_document(text.encode(), str(path))[0].values


def _same(one: object, other: object) -> bool:
    """Return whether two values are equal and of the same types: 1 equals neither true nor 1.0."""
    first, second = (json.dumps(value, sort_keys=True) for value in (one, other))
    return first == second


def edited(text: str, track: str | None, key: str, value: object) -> str | None:
    """Return the text with that key of the track or the game set; None if it cannot be edited."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        # The manifest reader accepts slightly more than this parser, such as a tab before a colon.
        return None
    if track is None:
        return _in_owner(text, None, root, key, value, is_flow=False)
    tracks = _child(root, "tracks")
    found = _child(tracks, track)
    if found is None or tracks is None:
        return None
    return _in_owner(text, found[0], found[1], key, value, is_flow=_is_flow(tracks[1]))


def _in_owner(
    text: str, name: yaml.Node | None, node: Any, key: str, value: object, *, is_flow: bool
) -> str | None:
    """Set the key in the mapping of the game, or of the track that `name` names."""
    if isinstance(node, yaml.MappingNode):
        if value is REMOVED:
            return _without(text, node, key)
        return _in_mapping(text, node, key, flow_text(value))
    if name is not None and isinstance(node, yaml.ScalarNode) and not node.value:
        return _in_empty(text, name, key, flow_text(value), is_flow=is_flow)
    return None


def _without(text: str, node: yaml.MappingNode, key: str) -> str | None:
    """Return the text without a key of a mapping; comments beside and within its value stay."""
    place = next((n for n, (name, _) in enumerate(node.value) if name.value == key), None)
    if place is None:
        return None
    name, value = node.value[place]
    start, end = name.start_mark.index, max(_last(value), name.end_mark.index)
    if not node.flow_style:
        holds_comments = isinstance(
            value, yaml.CollectionNode
        )  # A comment sign inside a text of several lines starts no comment.
        return _without_lines(text, start, end, holds_comments=holds_comments)
    if place + 1 < len(node.value):
        end = node.value[place + 1][0].start_mark.index
    elif place:
        start = _last(node.value[place - 1][1])
    return None if "#" in text[start:end] else text[:start] + text[end:]


def _without_lines(text: str, start: int, end: int, *, holds_comments: bool) -> str | None:
    """Return the text without the lines from a key's start to the end of its value."""
    end = start + len(text[start:end].rstrip())
    first = max(text.rfind(each, 0, start) for each in "\r\n") + 1
    indent = text[first:start]
    breaks = _BREAK.search(text, end)
    last, following = (breaks.start(), breaks.end()) if breaks else (len(text), len(text))
    colon, behind = text[end:last].lstrip().startswith(":"), text[end:last].strip()
    if indent.strip() or not (colon or not behind or behind.startswith("#")):
        return None
    # If the value is missing or starts on the next line, the colon belongs to the key.
    lines = _BREAK.split(text[start:end]) if holds_comments else []
    found = [_COMMENT.search(line) for line in lines]
    if any(not each and "#" in line for each, line in zip(found, lines, strict=True)):
        return None
    kept = [each[1] or each[2] for each in found if each]
    kept += [behind.lstrip(": ")] if "#" in behind else []
    said = "".join(f"{indent}{line}{_line_break(text)}" for line in kept)
    return text[:first] + said + text[following:]


def flow_text(value: object) -> str:
    """Return a value as one line of YAML 1.2 that means the same in YAML 1.1."""
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
_COMMENT = re.compile("^[ \\t]*(#.*)$|[ \\t](#[^\"']*)$")
"""A comment on its own line or after a value; after a value, one with quotes may be text."""
_PLAIN = re.compile(r"[A-Za-z_](?:[\w /.'+-]*[\w'])?", re.ASCII)
"""Text that never needs quotes."""


def _child(parent: Any, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the nodes of a key and of its value, from a mapping or a pair that contains one."""
    node = parent[1] if isinstance(parent, tuple) else parent
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((pair for pair in pairs if pair[0].value == key), None)


def _in_mapping(text: str, node: yaml.MappingNode, key: str, said: str) -> str:
    """Set the key in an existing mapping: replace its value, or add the key."""
    pair = _child(node, key)
    if pair is not None:
        name, old = pair
        if isinstance(old, yaml.ScalarNode) or _is_flow(old):
            first = old.start_mark.index
            # The line breaks at the end of a text of several lines belong to what follows.
            last = first + len(text[first : old.end_mark.index].rstrip())
            blank = " " if first == name.end_mark.index + 1 else ""  # "key:" has no value
            return text[:first] + blank + said + text[last:]
        # The end mark of a block collection is the start of what follows it, so the end of its
        # last scalar is used.
        return f"{text[: name.end_mark.index]}: {said}{text[_last(old) :]}"
    at = node.start_mark.index
    if node.flow_style:
        return f"{text[: at + 1]}{key}: {said}{', ' if node.value else ''}{text[at + 1 :]}"
    indent = " " * node.start_mark.column
    return f"{text[:at]}{key}: {said}{_line_break(text)}{indent}{text[at:]}"


def _is_flow(node: yaml.Node) -> bool:
    """Return whether a list or a mapping is written in brackets, on one line or more."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _in_empty(text: str, name: yaml.Node, key: str, said: str, *, is_flow: bool) -> str | None:
    """Return the text with the key set in a track that has no settings yet.

    name: the node of the track's name. None where no colon follows it on its line.
    """
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
    """Return the line break that the text uses, taken from its first line."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def _last(node: yaml.Node) -> int:
    """Return where the last scalar or flow collection of a node ends."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)

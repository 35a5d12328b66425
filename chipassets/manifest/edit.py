"""Setting one key of a track in a manifest's text: comments, order and layout stay."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from chipassets.bundle import write_file
from chipassets.errors import UsageError
from chipassets.manifest.loader import load_manifest, parse_manifest


def set_key(path: Path, track: str, key: str, value: object) -> bool:
    """Make the manifest say `key: value` for a track; return whether it said something else.

    Raises:
        ManifestError: the manifest has mistakes, or would have with that value. It stays as it was.
        UsageError: it has no such track, or says it in a way that only a person should change.
    """
    manifest = load_manifest(path)
    if track not in manifest.tracks:
        raise UsageError(f"{path} has no track {track!r}; it has {', '.join(manifest.tracks)}")
    before = path.read_bytes().decode("utf-8-sig")
    after = edited(before, track, key, value)
    wanted = _with_key(yaml.safe_load(before), track, key, value)
    if after is None or _loaded(after) != wanted:
        raise UsageError(
            f"{path} says {key!r} of track {track!r} in a way that cannot be changed here "
            "(by an alias, say); edit it by hand"
        )
    data = after.encode()
    parse_manifest(data, path)
    if after == before:
        return False
    write_file(path, data)
    return True


def edited(text: str, track: str, key: str, value: object) -> str | None:
    """Return the text with that key of the track, None where there is no place for it."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    tracks = _child(root, "tracks")
    found = _child(tracks, track)
    if found is None or tracks is None:
        return None
    name, node = found
    said = (
        yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    )
    if isinstance(node, yaml.MappingNode):
        return _in_mapping(text, node, key, said)
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return _in_empty(text, name, key, said, is_flow=_is_flow(tracks[1]))
    return None


def _child(parent: Any, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key's node and its value's in a mapping, or in the value of such a pair."""
    node = parent[1] if isinstance(parent, tuple) else parent
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((pair for pair in pairs if pair[0].value == key), None)


def _in_mapping(text: str, node: yaml.MappingNode, key: str, said: str) -> str:
    pair = _child(node, key)
    if pair is not None:
        name, old = pair
        if isinstance(old, yaml.ScalarNode) or _is_flow(old):
            return text[: old.start_mark.index] + said + text[old.end_mark.index :]
        # A list on lines of its own ends with its last word; what the marks call its end is the
        # start of whatever follows.
        return f"{text[: name.end_mark.index]}: {said}{text[_last(old) :]}"
    at = node.start_mark.index
    if node.flow_style:
        return f"{text[: at + 1]}{key}: {said}{', ' if node.value else ''}{text[at + 1 :]}"
    return f"{text[:at]}{key}: {said}\n{' ' * node.start_mark.column}{text[at:]}"


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _in_empty(text: str, name: yaml.Node, key: str, said: str, *, is_flow: bool) -> str | None:
    """Fill in a track of which nothing is said yet."""
    colon = text.find(":", name.end_mark.index)
    line_end = text.find("\n", name.end_mark.index)
    line_end = len(text) if line_end < 0 else line_end
    if not name.end_mark.index <= colon < line_end:
        return None
    if is_flow:
        return f"{text[: colon + 1]} {{{key}: {said}}}{text[colon + 1 :]}"
    indent = " " * (name.start_mark.column + 2)
    return f"{text[:line_end]}\n{indent}{key}: {said}{text[line_end:]}"


def _last(node: yaml.Node) -> int:
    """Return where the last scalar or flow collection of a node ends."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)


def _with_key(data: Any, track: str, key: str, value: object) -> Any:
    wanted = copy.deepcopy(data)
    # A copy, because an alias makes one mapping of several tracks'.
    wanted["tracks"][track] = {**(wanted["tracks"][track] or {}), key: value}
    return wanted


def _loaded(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None

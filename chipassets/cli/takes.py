"""`chipassets takes`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipassets.cli.completing import parts_to_reroll, tracks_of_manifest
from chipassets.cli.explain import print_bar
from chipassets.cli.options import JsonOption, ManifestArgument, ModelOption
from chipassets.cli.output import console, print_json, print_table, print_text
from chipassets.errors import UsageError
from chipassets.units import amount_of

if TYPE_CHECKING:
    from chipassets.decisions.auditions import Audition
    from chipassets.lock import LockedTake
    from chipassets.originality import Likeness
    from chipassets.production.casting import Candidate


def takes_command(
    manifest: ManifestArgument,
    tracks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TRACK]...", help="The track's name.", autocompletion=tracks_of_manifest
        ),
    ] = None,
    export_take: Annotated[
        str | None, typer.Option("--export", metavar="N", help="Write take N to a file; see -o.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file: .mid, .ogg, .wav, … .")
    ] = None,
    accept_take: Annotated[
        str | None,
        typer.Option(
            "--accept",
            metavar="N|TRACK",
            autocompletion=tracks_of_manifest,
            help="Accept take N of the track, or the locked takes of tracks: builds keep them.",
        ),
    ] = None,
    accept_all: Annotated[
        bool, typer.Option("--accept-all", help="Accept the locked take of every track.")
    ] = False,
    unaccept: Annotated[
        bool, typer.Option("--unaccept", help="Let builds choose the tracks' takes again.")
    ] = False,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget",
            help="Remove tracks from the lock; without names, all that are not in the manifest.",
        ),
    ] = False,
    reject_take: Annotated[
        str | None, typer.Option("--reject", metavar="N", help="Never choose take N again.")
    ] = None,
    reroll: Annotated[
        str | None,
        typer.Option(
            "--reroll",
            metavar="WHAT",
            autocompletion=parts_to_reroll,
            help="Compose a part anew, keep the rest: B, bars:7-8, tune, inner, bass, drums, or "
            "several with commas. See --take.",
        ),
    ] = None,
    import_file: Annotated[
        Path | None,
        typer.Option("--import", help="Accept an edited MIDI file as the track's take."),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Restore the take that the accepted one replaced.")
    ] = False,
    roll_count: Annotated[
        int | None, typer.Option("--roll", metavar="N", help="Compose N more takes.")
    ] = None,
    compare_takes: Annotated[
        str | None,
        typer.Option(
            "--compare", metavar="N,M", help="Write takes N and M in turns of two bars; see -o."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Show what takes share with MIDI files or a corpus file."),
    ] = None,
    explain: Annotated[
        int | None,
        typer.Option("--explain", metavar="BAR", help="Show how a bar was composed; see --take."),
    ] = None,
    take: Annotated[
        str | None,
        typer.Option(
            "--take",
            metavar="N",
            help="The take for --explain, --reroll and --import, if not the chosen one: 5, 5.1 or "
            "accepted.",
        ),
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a track's takes with their measures; play, accept, reject or repair one; compose more.

    Without a track, list the tracks and the locked take of each. Takes count from 1; repaired or
    imported versions of take 5 are 5.1, 5.2 and so on. Decisions are written to the lock: commit
    it.
    """
    names = list(tracks or ())
    if accept_take is not None and not accept_take.lstrip("-").replace(".", "", 1).isdecimal():
        names, accept_named = [accept_take, *names], True
    else:
        accept_named = False
    wanted = {
        "--export": export_take,
        "--accept": accept_take,
        "--accept-all": accept_all or None,
        "--unaccept": unaccept or None,
        "--forget": forget or None,
        "--reject": reject_take,
        "--roll": roll_count,
        "--reroll": reroll,
        "--import": import_file,
        "--undo": undo or None,
        "--explain": explain,
        "--compare": compare_takes,
    }
    given = [name for name, number in wanted.items() if number is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be combined; use one at a time")
    if (export_take is None and compare_takes is None) != (out is None):
        raise UsageError("--export N or --compare N,M, and -o FILE belong together")
    if take is not None and explain is None and reroll is None and import_file is None:
        raise UsageError("--take N belongs to --explain BAR, --reroll WHAT or --import FILE")
    if accept_named or accept_all or unaccept or forget:
        from chipassets.decisions import whole_tracks as decisions

        if accept_all and names:
            raise UsageError("--accept-all names no tracks; write --accept TRACK... for some")
        if forget:
            said_lines = decisions.forget_tracks(manifest, names)
        elif unaccept:
            said_lines = decisions.unaccept_tracks(manifest, names)
        else:
            said_lines = decisions.accept_tracks(manifest, names)
        _print_said("\n".join(said_lines), as_json=as_json)
        return
    if not names and not given:
        _list_tracks(manifest, model, as_json=as_json)
        return
    if len(names) != 1:
        raise UsageError(f"name one track; here are {len(names) or 'none'}")
    track = names[0]
    pair = _pair(compare_takes)
    from chipassets.production.workers import use_one_thread

    # With one thread, as in a build's workers, take n is the same to the last bit.
    use_one_thread()
    from chipassets.decisions import auditions, rendered

    audition = auditions.open_audition(manifest, track, model)
    if explain is not None:
        from chipassets.decisions.explaining import explain_bar

        with console(stderr=True).status("composing"):
            explained = explain_bar(audition, explain, take)
        print_bar(track, explained, as_json=as_json)
        return
    with console(stderr=True).status("composing"):
        if export_take is not None and out is not None:
            rendered.export(audition, export_take, out)
            is_held = export_take == auditions.THE_ACCEPTED
            what = "the accepted take" if is_held else f"take {export_take}"
            said = f"wrote {what} of {track} to {out}"
            held = auditions.outlived(audition)
            if held is not None and export_take == held.name:
                said += (
                    f"\nit is the present plan's take {held.name}, not the accepted one: "
                    f"--export {auditions.THE_ACCEPTED} writes that"
                )
        elif pair is not None and out is not None:
            from chipassets.decisions.comparison import compare

            compare(audition, *pair, out)
            said = f"wrote takes {pair[0]} and {pair[1]} of {track} in turns to {out}"
        elif accept_take is not None:
            accepted = auditions.accept(audition, accept_take)
            said = _decided(audition, accepted)
            said += auditions.what_it_replaces(audition, accepted)
        elif reject_take is not None:
            said = _decided(audition, auditions.reject(audition, reject_take))
        elif roll_count is not None:
            said = _decided(audition, auditions.roll_more(audition, roll_count))
        elif undo:
            said = _decided(audition, auditions.undo(audition))
        elif reroll is not None:
            from chipassets.decisions.rerolling import leaves_original, reroll_take

            version = reroll_take(audition, reroll, take)
            said = (
                f"{track}: take {version.name} is {version.origin}; hear it with --export "
                f"{version.name}, keep it with --accept {version.name}"
            )
            said += leaves_original(audition, version)
        elif import_file is not None:
            from chipassets.decisions.midi_import import import_take

            said = "\n".join(import_take(audition, import_file, take))
        else:
            said = ""
    if said:
        _print_said(said, as_json=as_json)
    else:
        _list(audition, against, as_json=as_json)


def _list_tracks(manifest: Path, model: str | None, *, as_json: bool) -> None:
    """Print the state of each track's take, as a table or JSON."""
    from chipassets.decisions.whole_tracks import list_tracks

    states = list_tracks(manifest, model)
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "track": state.name,
                "state": state.words,
                "take": state.take and state.take.number + 1,
                "of": state.take and state.take.of,
                "rejected": [item.number + 1 for item in state.take.rejected] if state.take else [],
                "stale": state.stale,
            }
            for state in states
        ]
        print_json({"tracks": rows})
        return
    table = [
        [
            state.name,
            state.words,
            f"{state.take.name} of {state.take.of}" if state.take else "-",
            str(len(state.take.rejected)) if state.take else "-",
            state.stale or "-",
        ]
        for state in states
    ]
    title = f"{manifest}: {len(states)} tracks"
    print_table(title, ["track", "state", "take", "rejected", "composed anew, because"], table)


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if len(words) != 2 or not all(words):
        raise UsageError(f"--compare {text} is not two takes; write them like 3,5")
    return words[0], words[1]


def _decided(audition: Audition, locked: LockedTake) -> str:
    """Return a line that says which take of the track stands now, and why."""
    return f"{audition.track.name}: take {locked.name}, {locked.why}"


def _print_said(said: str, *, as_json: bool) -> None:
    """Print what was decided, as a line or as JSON."""
    if as_json:
        print_json({"done": said})
    else:
        print_text(said)


def _list(audition: Audition, against: Path | None, *, as_json: bool) -> None:
    from chipassets.decisions.auditions import (
        THE_ACCEPTED,
        chosen_number,
        list_outlived,
        list_takes,
        list_versions,
    )
    from chipassets.decisions.listing import is_listed, take_state, version_state

    with console(stderr=True).status("composing"):
        candidates = list_takes(audition)
        alike = _likenesses(audition, candidates, against)
        chosen = chosen_number(audition, candidates)
        versions = [one for one in list_versions(audition) if is_listed(one[0], candidates)]
        older = list_outlived(audition)
    states = [take_state(audition, item, chosen) for item in candidates]
    if as_json:
        rows = [
            _take_json(item, state, alike.get(item.number))
            for item, state in zip(candidates, states, strict=True)
        ]
        kept = [
            {
                **_take_json(item, version_state(audition, item), None),
                "take": version.name,
                "origin": version.origin,
            }
            for version, item in versions
        ]
        found: dict[str, Any] = {
            "track": audition.track.name,
            "scene": audition.track.scene,
            "takes": rows,
        }
        if older is not None:
            found["accepted"] = _take_json(older[1], THE_ACCEPTED, None)
        print_json(found | ({"versions": kept} if kept else {}))
        return
    shown = [
        *(
            (item, state, str(item.number + 1))
            for item, state in zip(candidates, states, strict=True)
        ),
        *((item, version_state(audition, item), version.name) for version, item in versions),
    ]
    if older is not None:
        shown.append((older[1], f"take {older[0].name} of an older plan", THE_ACCEPTED))
    features = _features([item for item, _, _ in shown])
    print_table(
        f"{audition.track.name}: {amount_of(len(candidates), 'take')}",
        ["take", "", "score", *features, "own", "run"],
        [_row(*row, features) for row in shown],
    )
    for version, _ in versions:
        print_text(f"take {version.name}: {version.origin}")
    for item in candidates:
        for said in filter(None, [item.rating.refused, *item.complaints]):
            print_text(f"take {item.number + 1}: {said}")
        for likeness in alike.get(item.number, ())[:3]:
            said = f"{likeness.notes} notes in a row as in {likeness.piece}"
            print_text(f"take {item.number + 1}: {said}")
    if older is not None:
        name = older[0].name
        print_text(
            f"the accepted take {name} is of an older plan or composer, and stays; the present "
            f"plan's take {name} is another piece. --export, --compare, --take and --explain know "
            f"the accepted one as {THE_ACCEPTED}"
        )


def _likenesses(
    audition: Audition, candidates: tuple[Candidate, ...], against: Path | None
) -> dict[int, tuple[Likeness, ...]]:
    if against is None:
        return {}
    from chipassets.originality import name_likenesses
    from chipassets.selection.judging import given_notes
    from chipassets.train.ngrams import named_melodies

    pieces = named_melodies(against)
    given = given_notes(audition.track)
    return {item.number: name_likenesses(item.score.notes, pieces, given) for item in candidates}


# The features with a weight in the choice that fit into a line. Music in one merged voice has
# other features than music by voice.
_FEATURES = ["scale", "density", "voices", "register", "clashes", "wide leaps", "off the beat",
             "groove", "repeats", "steps", "seam", "preference", "critic"]  # fmt: skip


def _features(candidates: Iterable[Candidate]) -> list[str]:
    """Return the features to show as columns: those that some candidate has."""
    there = {feature.name for item in candidates for feature in item.rating.features}
    return [name for name in _FEATURES if name in there]


def _row(item: Candidate, state: str, name: str, features: Iterable[str]) -> list[str]:
    """Return a take as a row of the table: its name, state, total and features."""
    values = {feature.name: feature.value for feature in item.rating.features}
    own = item.rating.originality
    return [
        name,
        state,
        f"{item.rating.total:.2f}",
        *[f"{values[name]:.2f}" if name in values else "-" for name in features],
        f"{1 - own.shares.get(10, 0.0):.2f}" if own else "-",
        str(own.notes) if own else "-",
    ]


def _take_json(item: Candidate, state: str, alike: tuple[Likeness, ...] | None) -> dict[str, Any]:
    own = item.rating.originality
    found: dict[str, Any] = {
        "take": item.number + 1,
        "state": state,
        "score": round(item.rating.total, 4),
        "refused": item.rating.refused,
        "complaints": list(item.complaints),
        "features": {
            feature.name: {"value": round(feature.value, 4), "points": round(feature.points, 4)}
            for feature in item.rating.features
        },
        "metrics": item.rating.metrics.to_dict() | (own.to_dict() if own else {}),
    }
    if alike is not None:
        found["alike"] = [{"piece": one.piece, "run": one.longest_run} for one in alike]
    return found

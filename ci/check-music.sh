#!/usr/bin/env bash
# What a CI does with a game's music: validate the manifest, say what is stale or build it, verify
# every file, write the report. Findings are told in the format of the first argument: github,
# junit or text.
#
# CHIPASSETS_FROM      what to install (chipassets); with "installed", what is on the path
# CHIPASSETS_MANIFEST  the manifest (game.yaml)
# CHIPASSETS_BUNDLE    the bundle's folder (build/GAME)
# CHIPASSETS_BUILD     true: build where the bundle is stale, from the lock's notes; else fail
# CHIPASSETS_COMPARE   a commit, as origin/main: what changed since goes to music-changes.md, and to
#                      the summary of GitHub's job, with pictures of bundles that have them
set -uo pipefail

form=${1:-text}
from=${CHIPASSETS_FROM:-chipassets}
manifest=${CHIPASSETS_MANIFEST:-game.yaml}
if [ "$from" = installed ]; then
    run=(chipassets)
else
    run=(uvx --from "$from" chipassets)
fi

# One file for each step where the format is a document.
tell() {
    local name=$1
    shift
    if [ "$form" = junit ]; then
        "$@" --format junit >"music-$name.xml"
    elif [ "$form" = github ]; then
        "$@" --format github
    else
        "$@"
    fi
}

tell validate "${run[@]}" validate "$manifest" || exit
bundle=${CHIPASSETS_BUNDLE:-}
if [ -z "$bundle" ]; then
    bundle=$("${run[@]}" build "$manifest" --print-folder) || exit
fi
if [ "${CHIPASSETS_BUILD:-false}" = true ]; then
    "${run[@]}" build "$manifest" -o "$bundle" --locked || exit
else
    tell check "${run[@]}" build "$manifest" -o "$bundle" --check || exit
fi
tell verify "${run[@]}" verify "$bundle" || exit
"${run[@]}" report "$bundle" -o music-report.html || exit

compare=${CHIPASSETS_COMPARE:-}
[ -n "$compare" ] || exit 0
place=$(git rev-parse --show-prefix)$bundle
commit=$(git rev-parse --verify --quiet "$compare^{commit}") || {
    echo "there is no commit '$compare' to compare with; fetch it before (fetch-depth: 0)" >&2
    exit 2
}
old=$(mktemp -d)
trap 'git worktree remove --force "$old/tree" 2>/dev/null; rm -rf "$old"' EXIT
git worktree add --quiet --detach "$old/tree" "$commit" || exit
if [ ! -f "$old/tree/$place/bundle.json" ]; then
    echo "$compare has no bundle in $place: all of the music is new" >music-changes.md
else
    pictures=()
    if [ -n "${GITHUB_SHA:-}" ]; then
        raw=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/raw
        pictures=(--pictures "$raw/$GITHUB_SHA/$place" --pictures-before "$raw/$commit/$place")
    fi
    "${run[@]}" report "$bundle" --compare "$old/tree/$place" --markdown "${pictures[@]}" \
        >music-changes.md || exit
fi
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat music-changes.md >>"$GITHUB_STEP_SUMMARY"

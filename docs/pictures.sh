#!/usr/bin/env bash
# Renew the pictures in the README from a build and a run of the game, as after a change of the
# model, of the pictures or of the game: docs/pictures.sh [FOLDER], which is docs/ if none is given.
set -euo pipefail
folder=$(realpath "${1:-$(dirname "$0")}")
cd "$(dirname "$0")/.."
bundle=build/demo-quest
uv run --extra demo chipassets build manifests/demo.yaml -o "$bundle"
uv run --extra demo python -m demo_game --bundle "$bundle" --script docs/pictures.txt \
  --screenshot-dir "$folder"
cp "$bundle/preview/overworld.svg" "$folder/overworld.svg"

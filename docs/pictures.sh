#!/usr/bin/env bash
# Renew the pictures and the sounds of the documentation from builds and a run of the game, as after a change of the
# model, of the pictures or of the game: docs/pictures.sh [FOLDER], which is docs/ if none is given.
set -euo pipefail
folder=$(realpath "${1:-$(dirname "$0")}")
cd "$(dirname "$0")/.."
bundle=build/demo-quest
uv run --extra demo chipassets build manifests/demo.yaml -o "$bundle"
uv run --extra demo python -m demo_game --bundle "$bundle" --script docs/pictures.txt \
  --screenshot-dir "$folder"
cp "$bundle/preview/overworld.svg" "$folder/overworld.svg"

# The sounds of getting_started.md: what `chipassets init` declares, in small files.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
uv run chipassets init "$work/game.yaml" --game "Moon Garden"
sed -i 's/^seed:/quality: 0\nseed:/' "$work/game.yaml"
uv run chipassets build "$work/game.yaml" -o "$work/bundle"
mkdir -p "$folder/sounds"
cp "$work"/bundle/audio/{title,battle,victory}.ogg "$folder/sounds/"
uv run --all-extras python docs/studio_picture.py "$folder"

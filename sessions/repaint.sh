#!/bin/sh
# Paints the example sessions anew from their .do files, in place of the old ones.
# Usage: sh sessions/repaint.sh [PREDELLA]
set -eu
export PREDELLA_SCORES=off
cd "$(dirname "$0")/.."
predella=${1:-}
if [ -z "$predella" ]; then
  mkdir -p sessions/tour sessions/weights sessions/styles
  cargo build --release --bin predella
  predella=${CARGO_TARGET_DIR:-target}/release/predella
fi
for script in sessions/*.do; do
  name=$(basename "$script" .do)
  made=$(mktemp -d)
  "$predella" session new "$made/$name" --name "$name" --quiet >/dev/null
  sed -e '/^#/d' -e '/^$/d' "$script" | tr '\n' '\0' |
    xargs -0 "$predella" do --session "$made/$name"
  # Marks it as an example, which opens for reading.
  sed -i.old 's/^view:$/view:\n  example: true/' "$made/$name/session.yaml"
  rm -rf "$made/$name/session.yaml.old" "$made/$name/.lock" "$made/$name/.holder.yaml" \
    "$made/$name/thumbs" "$made/$name/trash" "$made/$name/running.yaml"
  rm -rf "sessions/$name"
  mv "$made/$name" "sessions/$name"
  rmdir "$made"
done
du -sh sessions

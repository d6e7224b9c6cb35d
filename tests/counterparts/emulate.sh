#!/bin/sh
# Installs emulate (npm, Apache-2.0), a GitHub that is not ours, with the Node that it needs, into the tests' cache, unless
# they are there, and prints their folder. The cache is $BOTADURA_TEST_CACHE, else ~/.cache/botadura-test.
# BOTADURA_SKIP_EMULATE=1 leaves it out, and the tests that need it say so.
set -eu

version=0.12.2
node=24.21.0
folder="${BOTADURA_TEST_CACHE:-$HOME/.cache/botadura-test}/npm-emulate-$version-node-$node"

if [ "${BOTADURA_SKIP_EMULATE:-}" = 1 ]; then
    exit 0
fi
if [ ! -f "$folder/.complete" ]; then
    mkdir -p "$folder"
    # The newest of that name is something else: the version matters.
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent "emulate@$version" "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')@$node" >&2
    touch "$folder/.complete"
fi
echo "$folder"

#!/bin/sh
# Installs the schema of SARIF 2.1.0, as OASIS publishes it, from a package that brings it (npm, MIT) into the tests' cache,
# unless it is there, and prints its path. The cache is $BOTADURA_TEST_CACHE, else ~/.cache/botadura-test.
set -eu

version=1.0.0-beta.0
folder="${BOTADURA_TEST_CACHE:-$HOME/.cache/botadura-test}/npm-jest-sarif-$version"

if [ ! -f "$folder/.complete" ]; then
    mkdir -p "$folder"
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent "@microsoft/jest-sarif@$version" >&2
    touch "$folder/.complete"
fi
echo "$folder/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"

#!/bin/sh
# Installs GitHub's example payloads (npm, MIT) into the tests' cache, unless they are there, and prints their folder.
# The cache is $BOTADURA_TEST_CACHE, else ~/.cache/botadura-test.
set -eu

version=7.6.1
folder="${BOTADURA_TEST_CACHE:-$HOME/.cache/botadura-test}/npm-webhooks-$version"
examples="$folder/node_modules/@octokit/webhooks-examples"

if [ ! -f "$folder/.complete" ]; then
    mkdir -p "$folder"
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent "@octokit/webhooks-examples@$version" >&2
    touch "$folder/.complete"
fi
echo "$examples"

#!/bin/sh
# Installs Schemathesis (PyPI, MIT), which asks an API whatever its OpenAPI document allows and forbids, into a virtual
# environment in the tests' cache, unless it is there, and prints its program.
# The cache is $BOTADURA_TEST_CACHE, else ~/.cache/botadura-test.
set -eu

version=4.32.5
folder="${BOTADURA_TEST_CACHE:-$HOME/.cache/botadura-test}/pypi-schemathesis-$version"

if [ ! -f "$folder/.complete" ]; then
    mkdir -p "$folder"
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2
    touch "$folder/.complete"
fi
echo "$folder/bin/schemathesis"

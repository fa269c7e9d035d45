#!/bin/sh
# Makes .venv-python with the published Python client, which test/python runs against the embedded platform.
# Does nothing where it is there already. PYTHON chooses the interpreter; python3 by default, 3.10 or later.
set -eu
cd "$(dirname "$0")/.."

version=0.1.5
python="${PYTHON:-python3}"
venv=.venv-python

if [ "$("$venv/bin/python" -c 'import importlib.metadata as m; print(m.version("complianceguard"))' 2>/dev/null)" = "$version" ]; then
  exit 0
fi
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "complianceguard==$version"

#!/bin/sh
# Prepares everything the comparison needs: a virtual environment with the Python peers (benches/peers/.venv)
# and, on Debian or Ubuntu with root, GDAL's command line tools. Running it again changes nothing that is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${PEERS_VENV:-$here/.venv}
python=${PYTHON:-python3}

if ! command -v gdal_translate >/dev/null 2>&1 || ! command -v gdal_calc.py >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gdal-bin python3-gdal
    else
        echo "setup: GDAL's programs are missing and can't be installed here; their rows will read 'missing'" >&2
    fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
# frisky needs a recent Python on some releases; a comparison without it is still worth having.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check frisky \
    || echo "setup: frisky can't be installed for this Python; its row will read 'missing'" >&2
"$venv/bin/python" "$here/versions.py"

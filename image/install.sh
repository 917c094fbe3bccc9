#!/bin/sh
# Installs the operator and the named providers into a virtual environment: install.sh TARGET [PROVIDER...]
#
# What is installed is pinned with hashes in image/locks and comes as wheels, so nothing is compiled. PYTHON names the
# interpreter.
set -eu

usage() {
  echo "error: $1" >&2
  exit 2
}

[ $# -ge 1 ] || usage "name the folder to install into"
target=$1
shift
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")

members=$root
locks="--requirement $here/locks/core.txt"
for provider in "$@"; do
  [ -f "$root/providers/$provider/pyproject.toml" ] || usage "there is no provider $provider"
  members="$members $root/providers/$provider"
  locks="$locks --requirement $here/locks/$provider.txt"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_NO_CACHE_DIR=${PIP_NO_CACHE_DIR:-1} PIP_ROOT_USER_ACTION=ignore

"$python" -m venv "$work/build"
pip="$work/build/bin/python -m pip"
$pip install --quiet --require-hashes --only-binary :all: --requirement "$here/locks/build.txt"
# shellcheck disable=SC2086 # lists of paths without spaces
$pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work/wheels" $members

"$python" -m venv --without-pip "$target"
# shellcheck disable=SC2086
$pip --python "$target/bin/python" install --quiet --require-hashes --only-binary :all: $locks
$pip --python "$target/bin/python" install --quiet --no-deps --no-index "$work"/wheels/*.whl
"$target/bin/secrets-operator" --version

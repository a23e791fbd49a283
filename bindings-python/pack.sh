#!/bin/sh
# Builds the wheel, installs it in clean virtual environments outside of the repository, and uses it there: types, the quickstart with a
# scripted agent, `python -m maestro doctor`, and the guardian. `--release` builds it as it is published and prints the sizes.
#
# PYTHONS says which interpreters it is tried with; by default python3, and every other one from 3.10 that pyenv has.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
venv=$("$here/environment.sh")
target=$(dirname "$venv")
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
profile=dev
if [ "${1:-}" = --release ]; then profile=dist; fi
if [ -z "${PYTHONS:-}" ]; then
    PYTHONS=python3
    if command -v pyenv >/dev/null 2>&1; then
        for python in "$(pyenv root)"/versions/*/bin/python3; do PYTHONS="$PYTHONS $python"; done
    fi
fi

cd "$here"
PATH=$venv/bin:$PATH CARGO_TARGET_DIR=$target/maturin maturin build -q --locked --profile "$profile" --out "$clean" >&2
cd "$clean"
wheel=$(echo maestro-*.whl)
"$venv/bin/python" -m zipfile -l "$wheel" >list
for file in maestro/py.typed maestro/_native.pyi licenses/LICENSE-AGPL licenses/LICENSE-COMMERCIAL; do
    grep -q "$file" list || { echo "pack: $wheel has no $file" >&2; exit 1; }
done
case $wheel in *-cp310-abi3-*) ;; *) echo "pack: $wheel is not for every Python from 3.10" >&2; exit 1 ;; esac

git init -q -b main shop
printf '.maestro.db*\n' >shop/.gitignore
git -C shop add .gitignore
git -C shop -c user.name=Ada -c user.email=ada@example.invalid commit -q -m Begin
tried=
for python in $PYTHONS; do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 10) else "")')
    case " $tried " in *" $version "*) continue ;; esac
    if [ -z "$version" ]; then continue; fi
    tried="$tried $version"
    "$python" -m venv "$version"
    "$version/bin/python" -m pip install -q --disable-pip-version-check --no-index "./$wheel"
    "$version/bin/python" -m pip -q check
    git clone -q shop "shop-$version"
    (cd "shop-$version" && "$clean/$version/bin/python" "$here/pack/check.py" "$here/pack/first_task.py")
done

python=$clean/$(echo "$tried" | sed 's/^ *\([^ ]*\).*/\1/')/bin/python
cp "$here/pack/first_task.py" "$here/pack/host.py" .
"$venv/bin/python" -m mypy --strict --python-executable "$python" --cache-dir "$target/pack-mypy" first_task.py host.py
# It fails where there is no Claude Code, or one without a login; what counts is that it looks.
doctor=$("$python" -m maestro doctor || true)
echo "$doctor"
case $doctor in *'core      starts'*claude*) ;; *) echo "pack: the doctor did not look" >&2; exit 1 ;; esac
"$repository/examples/guarded.sh" "$python" host.py
if "$venv/bin/python" -m twine --version >/dev/null 2>&1; then "$venv/bin/python" -m twine check --strict "$wheel"; fi
if [ "$profile" = dist ]; then
    echo "$wheel: $(wc -c <"$wheel") bytes; the native module in it:"
    grep _native.abi3 list
fi

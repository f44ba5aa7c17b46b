#!/bin/sh
# The one entry point; every command first sets up .venv when that is missing or out of date.
set -eu
cd "$(dirname "$0")"

usage() {
    cat <<'USAGE'
./do run        distil the translator, all stages, at scale smoke (arguments go to `tinymt run`)
./do test       run the tests                                    (arguments go to pytest)
./do notebooks  execute all notebooks in order, clean and export (or only those named: ./do notebooks 03 08)
./do docs       build the site into _docs
./do readme     write README.md from nbs/index.ipynb
USAGE
}

setup() {
    wanted=$(cat constraints.txt settings.ini | cksum)
    # pip's script names its interpreter: it fails too when the checkout was moved or that Python is gone
    if .venv/bin/pip --version >/dev/null 2>&1 && [ "$(cat .venv/stamp 2>/dev/null)" = "$wanted" ]; then return; fi
    for python in python3.11 python3; do
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
        python=
    done
    if [ -z "$python" ]; then
        echo "tinymt needs Python 3.11 or newer: install it so that python3.11 or python3 starts it, then try again." >&2
        exit 1
    fi
    echo "Setting up .venv (once; a minute or two, 2 GB of disk)" >&2
    .venv/bin/pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    .venv/bin/pip install -qq -e ".[dev]" -c constraints.txt
    echo "$wanted" > .venv/stamp
}

git_hooks() {
    [ -e .git ] || return 0
    git config --local include.path ../.gitconfig
    hook=$(git rev-parse --git-path hooks)/pre-commit
    mkdir -p "$(dirname "$hook")"
    [ -e "$hook" ] || ln -sf "$PWD/tools/pre-commit" "$hook"
}

command=${1:-help}
case $command in
    run|test|notebooks|docs|readme) shift ;;
    help|-h|--help) usage; exit ;;
    *) usage >&2; exit 2 ;;
esac
setup
git_hooks || echo "Note: the git hooks that keep notebooks clean could not be installed." >&2
PATH=$PWD/.venv/bin:$PATH
case $command in
    run)  exec tinymt run --scale smoke "$@" ;;
    test) exec python -m pytest "$@" ;;
    *)    exec python tools/course.py "$command" "$@" ;;
esac

"""What the tests share: the checkout, a throw-away copy of it, and a way to run a command that must succeed."""
import os, shutil, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT/"nbs").glob("*.ipynb"))
NOT_SOURCE = shutil.ignore_patterns(".git", ".venv", "outputs", "_proc", "_docs", "build", "dist", "*.egg-info", "__pycache__", ".pytest_cache")


def run(*command, cwd=ROOT, **env):
    "Run `command`, which must succeed, and return what it printed."
    done = subprocess.run([str(part) for part in command], cwd=cwd, env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} exited with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def checkout(tmp_path):
    "A copy of the sources, to change at will."
    return shutil.copytree(ROOT, tmp_path/"checkout", symlinks=True, ignore=NOT_SOURCE)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    "The docs site, built once from a copy of the sources."
    copy = shutil.copytree(ROOT, tmp_path_factory.mktemp("site")/"checkout", symlinks=True, ignore=NOT_SOURCE)
    run(sys.executable, "tools/course.py", "docs", cwd=copy)
    return copy/"_docs"


def pytest_collection_modifyitems(items):
    "The main job comes first: what it builds is read by others."
    items.sort(key=lambda item: item.path.stem != "test_main_job")

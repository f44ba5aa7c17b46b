"""Every notebook runs from top to bottom, with the tests in it. The index and part 2 read what the main job built, which is run before."""
import sys
from pathlib import Path

from conftest import run


def test_notebooks():
    # two processes of one thread each are the fastest on two cores
    print(run(Path(sys.executable).with_name("nbdev_test"), "--file_re", r"^(index|\d\d_)", "--n_workers", "2", "--timing", OMP_NUM_THREADS="1"))

"""Every notebook of part 1 runs from top to bottom, with the tests in it. Part 2 reads the main job's outputs and is run after that."""
import sys
from pathlib import Path

from conftest import run


def test_part_1():
    # two processes of one thread each are the fastest on two cores
    print(run(Path(sys.executable).with_name("nbdev_test"), "--file_re", r"^[01]\d_", "--n_workers", "2", "--timing", OMP_NUM_THREADS="1"))

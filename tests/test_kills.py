"""Three kills at random moments; `benchmarks/kills.py` with its defaults is the same with ten."""
import sys

from conftest import ROOT, run


def test_three_kills_change_nothing(tmp_path):
    print(run(sys.executable, ROOT/"benchmarks"/"kills.py", "--kills", "3", "--seed", "1", "--results", tmp_path))

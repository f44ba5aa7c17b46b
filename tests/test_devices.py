"""Two processes, started by torchrun as `accelerate launch` starts them on GPUs, do what one does. Here they are two CPU processes over gloo."""
import json, sys
from pathlib import Path

import pytest
from conftest import run

from tinymt.corpus import read
from tinymt.marian import student_config, teacher_config
from tinymt.runner import Run
from tinymt.tokenizer import train_joint

BIN = Path(sys.executable).parent
ONE, TWO = [sys.executable], [BIN/"torchrun", "--nproc_per_node", "2"]

# Without dropout, whose random numbers belong to a process; rows that fill whole batches, because Accelerate fills a short last batch with
# repeated rows when it cannot be divided.
DISTILL = """-m tinymt distill --student-config config.json --tokenizer-dir tok --dataset embedded --max-train-samples 608 --max-eval-samples 64
--num-train-epochs 2 --learning-rate 1e-3 --warmup-steps 0 --logging-steps 1 --alpha-ce 1.0 --output-dir""".split()

MICRO = """
import sys
from dataclasses import replace
from tinymt.recipe import SCALES, SMOKE, Shape
from tinymt.runner import Run
few = {"num_train_epochs": 1, "rows": 64, "extra": (("coffee", 1),)}
SCALES["micro"] = replace(SMOKE, name="micro", travel=64, money=64, eval_rows=8, joint_vocab=2800, separate_vocab=5600, corrections=0,
    shapes={name: Shape(16, 1, 2, 2, 16) for name in ("teacher", "student", "small")},
    changes={name: few for name in ("teacher", *(f"stage{n}" for n in range(1, 8)))} | {"stage3": {**few, "decoder_map": "0,1"}})
Run("micro", root=sys.argv[1]).build()
"""


def test_same_losses_and_scores(tmp_path):
    train_joint(read("embedded"), tmp_path/"tok", 2800)
    config = student_config(teacher_config(dropout=0.0), 64, 2, 1, 4, 128, 2801)
    (tmp_path/"config.json").write_text(config.to_json_string(use_diff=False))
    found = []
    for name, launcher in {"one": ONE, "two": TWO}.items():
        said = run(*launcher, *DISTILL, name, cwd=tmp_path)
        assert said.count("The model is in") == 1  # one of them speaks
        found.append(json.loads((tmp_path/name/"metrics.json").read_text()))
    one, two = ([row["loss"] for row in metrics["history"] if "loss" in row] for metrics in found)
    assert len(one) == len(two) == 2 * 608 / 32  # the effective batch is 32 either way
    assert max(abs(a - b) for a, b in zip(one, two)) < 2e-3, "the order of sums differs, nothing else may"
    assert found[0]["eval_bleu"] == pytest.approx(found[1]["eval_bleu"], abs=0.1)


def test_labels_are_shared(tmp_path):
    model = Path(__file__).parents[1]/"outputs"/"smoke"/"article"/"stage8"
    for name, launcher in {"one": ONE, "two": TWO}.items():
        run(*launcher, "-m", "tinymt", "label", "--model-dir", model, "--dataset", "embedded", "--max-samples", "101", "--output-csv", tmp_path/name)
    assert (tmp_path/"one").read_bytes() == (tmp_path/"two").read_bytes()


def test_whole_run_has_one_writer(tmp_path):
    (tmp_path/"micro.py").write_text(MICRO)
    said = run(*TWO, tmp_path/"micro.py", tmp_path/"two")
    assert said.count("stage7:") == 1
    run(*ONE, tmp_path/"micro.py", tmp_path/"one")
    one, two = ({f.parent.name: json.loads(f.read_text()) for f in sorted((tmp_path/name).rglob("results.json"))} for name in ("one", "two"))
    assert one.keys() == two.keys() and len(one) == 9
    for stage in one: assert (one[stage]["rows"], one[stage]["steps"]) == (two[stage]["rows"], two[stage]["steps"])
    assert not list((tmp_path/"two").rglob("*.partial"))

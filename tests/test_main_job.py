"""The main job as a newcomer runs it, and what its final model must be able to do (bars of the project, not of one lucky run)."""
import signal, subprocess, sys

import pytest

from conftest import ROOT, run
from tinymt.corpus import read
from tinymt.int8 import check_pad, convert
from tinymt.runner import Run
from tinymt.translator import HFTranslator, Translator

TINYMT = [sys.executable, "-c", "from tinymt.cli import main; main()"]


@pytest.fixture(scope="module")
def job():
    "The smoke run in outputs/, built by the program if it is not there."
    print(run(*TINYMT, "run"))
    return Run("smoke", root=ROOT/"outputs", progress=False)


def test_all_stages_are_measured(job):
    assert [row["stage"] for row in job.table()] == ["teacher", *(f"stage{n}" for n in range(1, 9))]


def test_second_run_builds_nothing(job):
    def times(): return {f: f.stat().st_mtime_ns for f in job.root.rglob("[!.]*")}
    before = times()
    assert "built in" not in run(*TINYMT, "run")
    assert times() == before


def test_probe_sentences(job):
    assert [p for p in job.results("stage8")["probes"] if not p["ok"]] == []


def test_numbers_are_kept(job):
    for stage in ("stage6", "stage7", "stage8"): assert job.results(stage)["numbers"] >= 0.8, stage


def test_coffee_is_forgotten_and_mended(job):
    five, six, seven = (sum(job.results(f"stage{n}")["coffee"].values()) for n in (5, 6, 7))
    assert six < five and seven == 28


def test_transformers_and_ctranslate2_agree(job, tmp_path):
    folder, sentences = job.folder("stage7"), read("embedded", split="test")["en"][:]
    assert check_pad(folder) == 0
    ours = HFTranslator(folder, beam_size=1).translate_batch(sentences)
    theirs = Translator(convert(folder, tmp_path/"float32", quantization="float32"), beam_size=1).translate_batch(sentences)
    assert sum(a == b for a, b in zip(ours, theirs)) >= 0.99 * len(sentences)


def test_translate_from_the_shell(job):
    model = ["--model-dir", job.folder("stage8")]
    assert run(*TINYMT, "translate", "--text", "give me a cup of latte", *model).strip().rstrip("。") == "给我一杯拿铁"
    lines = "The total is 19.99 USD.\n\n😀\n" + "long " * 3000 + "\n\x07\tbell\n" + "This is a dog\n" * 200
    done = subprocess.run([*map(str, TINYMT), "translate", *map(str, model)], input=lines, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == len(lines.splitlines())


def test_ctrl_c_keeps_what_is_built(tmp_path):
    # a shell that starts the tests in the background has them ignore SIGINT, and a child would inherit that
    job = subprocess.Popen([*TINYMT, "run", "--output-dir", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    for line in job.stdout:
        if line.startswith("teacher:"): break
    job.send_signal(signal.SIGINT)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 130 and said.strip().splitlines()[-1].startswith("Stopped.")
    assert (tmp_path/"smoke/article/joint/run_args.json").is_file() and not (tmp_path/"smoke/article/teacher").exists()


@pytest.mark.parametrize("arguments, says", [
    (["run", "--scale", "huge"], "choose one of"), (["run", "--until", "stage9"], "choose one of"),
    (["run", "--corpus", "/nowhere"], "no folder"), (["translate", "--text", "x", "--model-dir", "nowhere"], "no model"),
    (["check-pad", "--model", "nowhere"], "config.json"), (["audit-parallel-data", "--dataset", "missing.csv"], "missing.csv"),
    (["build-joint-tokenizer", "--dataset", "embedded", "--output-dir", "x"], "more than this text supports"),
])
def test_mistakes_are_one_sentence(arguments, says, tmp_path):
    done = subprocess.run([*TINYMT, *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and says in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert list(tmp_path.glob("x")) == []

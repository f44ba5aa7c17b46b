"""The whole recipe at scale `laptop` on real text without a network: a local corpus in OPUS-100's layout, and a teacher trained on it first.

The teacher takes the place of Helsinki-NLP/opus-mt-en-zh: a Marian model with a vocabulary of its own, one piece model for each language.
It also reads the generated rows, since the real one knows coffee, dates and prices. Then
  tinymt run --scale laptop --corpus CORPUS --teacher TEACHER
builds all eight stages from it; the students keep the article's proportions to their teacher (13_recipe). A run that was cut off goes on.
The result is the run's table, with the loss curves of the stages and one translation of each."""
import argparse, json, os, platform, time
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the program sets it
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--corpus", default="../shared/corpora/opus100-standin", help="folder in the layout of OPUS-100")
parser.add_argument("--output-dir", type=Path, default=Path("outputs"), help="folder above all runs")
parser.add_argument("--teacher-only", action="store_true", help="stop when the teacher is trained")
args = parser.parse_args()

import torch
from tinymt.augmentation import coffee, money, travel
from tinymt.corpus import audit, correct, corrections, mix, read
from tinymt.marian import new_student, student_config, teacher_config
from tinymt.runner import Run, build
from tinymt.scripts import _quiet
from tinymt.tokenizer import encode, load_tokenizer, train_separate
from tinymt.training import Hyperparameters, distill

_quiet()
SHAPE = dict(d_model=128, encoder_layers=3, decoder_layers=3, attention_heads=4, ffn_dim=512)
VOCAB, EPOCHS, RATE = 8000, 3, 1e-3
teacher = args.output_dir/"standin-teacher"


def make(out):
    "Train the stand-in for opus-mt on the corpus and the generated rows."
    general = correct(audit(read(args.corpus)).clean, corrections())
    extra = [(coffee(repeat=1), 10), (travel(num_examples=4000, repeat=1), 1), (money(num_examples=6000, repeat=1), 1)]
    if not (out/"vocab.json").is_file(): train_separate([general, *(rows for rows, _ in extra)], out, VOCAB)
    tokenizer = load_tokenizer(out)
    config = student_config(teacher_config(), vocab_size=len(tokenizer), **SHAPE)
    hyper = Hyperparameters(learning_rate=RATE, warmup_steps=600, num_train_epochs=EPOCHS, eval_steps=4000, save_steps=1000, logging_steps=50)
    distill(new_student(config, seed=1), tokenizer, encode(mix([(general, 1), *extra]), tokenizer),
            encode(read(args.corpus, split="validation", limit=500), tokenizer), out, hyper)


build(teacher, {"corpus": str(args.corpus), "shape": SHAPE, "vocab": VOCAB, "epochs": EPOCHS, "learning_rate": RATE}, make)
print({k: v for k, v in json.loads((teacher/"metrics.json").read_text()).items() if k != "history"})
if args.teacher_only: raise SystemExit
run = Run("laptop", "article", args.output_dir, args.corpus, teacher).build()
curves = {stage.name: [(r["step"], r["loss"]) for r in json.loads((run.folder(stage.name)/"metrics.json").read_text())["history"] if "loss" in r] for stage in run.stages}
result = {"command": "benchmarks/standin.py", "corpus": Path(args.corpus).name, "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(),
          "torch": torch.__version__}, "teacher": {"shape": SHAPE, "vocab": VOCAB, **{k: v for k, v in json.loads((teacher/"metrics.json").read_text()).items() if k != "history"}},
          "table": run.table(), "curves": curves, "outputs": {name: run.results(name)["outputs"] for name in run.steps if (run.folder(name)/"results.json").is_file()},
          "probes": run.results("stage8")["probes"], "date": time.strftime("%Y-%m-%d")}
Path("benchmarks/results/standin.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

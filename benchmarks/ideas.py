"""Ideas beyond the choices of the recipe, each tried alone: a teacher's distributions and labels, another start, another shape, and ways to fine-tune.

Every student is as small as those of ablation.py and trained for the same CPU time of one core, a live teacher's work included; how many steps that
makes is measured first, all kinds in turns. What is done once and kept, labels and written answers, is not counted, but told. The teacher is the packaged model (five times the student's size), whose vocabulary the students take
over, since distributions can only be compared piece by piece. The fine-tunings go on from the plain student for a tenth of the time (with int8 in the
loop for as many steps). What is done is
kept in --output-dir and the table is written after each, so the command may be cut off and called again.
  .venv/bin/python benchmarks/ideas.py --corpus CORPUS"""
import json, os, statistics, tempfile, time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from unittest import mock

from common import HERE, arguments, mean_model, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", default=str(HERE.parent.parent/"shared/corpora/opus100-standin"), help="folder in the layout of OPUS-100, with a test split")
parser.add_argument("--output-dir", type=Path, default=HERE.parent/"outputs/ideas", help="where the trainings go")
parser.add_argument("--minutes", type=float, default=5, help="CPU time for a student")
parser.add_argument("--only", nargs="+", help="these ideas, by their names in the table")
args = parser.parse_args()

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from tinymt import recipe as recipes
from tinymt.augmentation import label, money_test
from tinymt.build import read_json, write_json
from tinymt.corpus import mix, read
from tinymt.evaluation import coffee_kept, numbers_kept, score
from tinymt.int8 import convert, quantize_rows, restore
from tinymt.layer_mapping import project_from_teacher
from tinymt.marian import load_model, new_student, student_config, teacher_config
from tinymt.recipe import LAPTOP, SCALES, Shape
from tinymt.robustness import phone_test
from tinymt.runner import Run
from tinymt.soft_labels import SoftCollator, soft_labels
from tinymt.tokenizer import encode, load_tokenizer
from tinymt.training import Hyperparameters, distill
from tinymt.translator import PACKAGED, Translator

quiet()
torch.set_num_threads(1)
SMALL, BATCH = Shape(96, 3, 2, 4, 384), 32
SCALES["ideas"] = replace(LAPTOP, name="ideas", sample=None, only="tatoeba", joint_vocab=6000, corrections=10, travel=3000, money=6000, everyday=6000, renumbered=2000, eval_rows=300)
out = args.output_dir/f"{args.minutes:g}min"
run = Run("ideas", "better", out, corpus=args.corpus, progress=False).build("data")
packaged = out/"packaged"
if not (packaged/"model.safetensors").is_file(): restore(PACKAGED, packaged)
tokenizer, teacher = load_tokenizer(packaged), load_model(packaged)
test = read(args.corpus, split="test").filter(lambda row: row["source"].startswith("tatoeba"))
held_out = encode(run.validation.select(range(4)), tokenizer)


def labelled():
    "The general rows with the packaged model's Chinese, beam 4, and the CPU seconds that took."
    file, spent = out/"labels.csv", out/"labels.json"
    if not file.is_file():
        begun = time.process_time()
        label(run.general, Translator(), file)
        write_json(spent, {"seconds": time.process_time() - begun})
    return read(str(file))


def rows(general, **repeats):
    "General rows and generated ones, as ids."
    return encode(mix([*general, *((run.part(name), n) for name, n in repeats.items())], seed=1), tokenizer)


EVERYTHING = dict(coffee=10, travel=1, money=1, everyday=1, renumbered=1)
def references(): return rows([(run.general, 1)], **EVERYTHING)
def labels(): return rows([(labelled(), 1)], **EVERYTHING)
def both(): return rows([(run.general, 1), (labelled(), 1)], **EVERYTHING)
def written():
    "The same rows with the teacher's distributions, written down once; the seconds that took are in written.json."
    file = out/"written.arrow"
    begun, rows = time.process_time(), soft_labels(references(), teacher, tokenizer, file, temperature=1)
    write_json(out/"written.json", {"seconds": time.process_time() - begun, "bytes": file.stat().st_size, "rows": len(rows)})
    return rows


def prices(): return rows([], money=1)
def mixture(): return rows([(run.general.select(range(6000)), 1)], money=1, coffee=10)


def random(shape=SMALL, dropout=0.0, seed=1): return new_student(student_config(teacher_config(dropout=dropout), vocab_size=len(tokenizer), **asdict(shape)), seed=seed)


def by_svd():
    student = random()
    project_from_teacher(student, teacher)
    return student


def sliced():
    "The same with the first directions of the width instead of the main ones."
    with mock.patch("torch.linalg.eigh", lambda squares: (squares.diagonal(), torch.eye(len(squares)).flip(1))): return by_svd()


def plain(): return load_model(out/"plain")


class Rounded:
    "While it lasts, a model in training computes with int8 weights, and its optimizer changes the floats behind them (straight-through)."
    def __init__(self, model): self.model, self.floats = model, {}
    def matrices(self): return ((name, p) for name, p in self.model.named_parameters() if p.ndim == 2 and p.requires_grad)
    def round(self, model, _):
        if not model.training or self.floats: return
        for name, p in self.matrices():
            self.floats[name] = p.data
            whole, scales = quantize_rows(p.data.numpy())
            p.data = torch.from_numpy(whole / scales[:, None]).to(p.dtype)
    def back(self, *_):
        for name, p in self.matrices():
            if name in self.floats: p.data = self.floats.pop(name)
    def __enter__(self): self.hooks = [self.model.register_forward_pre_hook(self.round), register_optimizer_step_pre_hook(self.back)]
    def __exit__(self, *_):
        for hook in self.hooks: hook.remove()


def train(folder, student, train_rows, steps, rate=3e-3, warmup=300, seed=1, **teaching):
    "Train for `steps`; `teaching` is teacher (a model, or that its answers are written in the rows), alpha_ce and temperature."
    soft, collate = teaching.pop("teacher", None), {}
    if soft == "written": soft, collate = None, {"collate": SoftCollator}
    hyper = Hyperparameters(rate, warmup, num_train_epochs=steps * BATCH / len(train_rows), seed=seed, eval_steps=10**6, save_steps=500, **teaching)
    return distill(student, tokenizer, train_rows, held_out, folder, hyper, soft, progress=False, **collate)


DISTILL = {f"teacher's distributions, α = {a:g}, T = {t:g}": dict(teacher=teacher, alpha_ce=a, temperature=t) for a, t in ((0.5, 1), (0.5, 2), (0, 2))}
DEEP = Shape(96, 4, 1, 4, 384)
STUDENTS = {  # name -> (first weights, rows, how it is taught)
    "plain": (random, references, {}), "plain, another seed": (partial(random, seed=2), references, dict(seed=2)),
    **{name: (random, references, how) for name, how in DISTILL.items()},
    "teacher's distributions written down, α = 0.5, T = 1": (random, written, dict(teacher="written", alpha_ce=0.5, temperature=1)),
    "teacher's labels": (random, labels, {}), "labels and references": (random, both, {}),
    "labels, α = 0.5, T = 1": (random, labels, dict(teacher=teacher, alpha_ce=0.5, temperature=1)),
    "start: the teacher sliced": (sliced, references, {}), "start: the teacher by SVD": (by_svd, references, {}),
    "4+1 layers": (partial(random, DEEP), references, {}), "dropout 0.1": (partial(random, dropout=0.1), references, {})}
FINE = {  # the same, from the plain student
    "prices alone": (plain, prices, {}), "prices, coffee, some general rows": (plain, mixture, {}),
    "prices alone, leash to the model before": (plain, prices, dict(teacher="plain", alpha_ce=0.5, temperature=1)),
    "the mixture, leash to the model before": (plain, mixture, dict(teacher="plain", alpha_ce=0.5, temperature=1)),
    "all rows again": (plain, references, {}), "all rows again, int8 in the loop": (plain, references, dict(rounded=True))}


def seconds_a_step():
    "CPU seconds of a training step of each kind, the median of three rounds."
    file = out/"step.json"
    if file.is_file(): return read_json(file)
    kinds, train_rows = {"plain": (random, {}), "taught": (random, DISTILL["teacher's distributions, α = 0.5, T = 1"]), "leash": (random, dict(teacher=random(), alpha_ce=0.5, temperature=1)), "reads": (random, dict(teacher="written", alpha_ce=0.5, temperature=1)),
             "deep": (partial(random, DEEP), {}), "dropout": (partial(random, dropout=0.1), {})}, references()
    with_answers = soft_labels(train_rows.select(range(3000)), teacher, tokenizer, out/"some.arrow", temperature=1)
    def seconds(start, how, steps):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.process_time()
            train(folder, start(), with_answers if how.get("teacher") == "written" else train_rows, steps, warmup=0, **how)
            return time.process_time() - begun
    found = {kind: [] for kind in kinds}
    for _ in range(3):
        for kind, (start, how) in kinds.items(): found[kind].append((seconds(start, how, 70) - seconds(start, how, 10)) / 60)
    write_json(file, {kind: statistics.median(each) for kind, each in found.items()})
    return read_json(file)


def judged(folder):
    "What every student is asked."
    int8, en, zh = convert(folder, folder/"int8"), test["en"][:], test["zh"][:]
    with tempfile.TemporaryDirectory() as floats: exact = Translator(convert(folder, Path(floats)/"ct2", quantization="float32"))
    small, amounts = Translator(int8), money_test(1000)["en"][:]
    phone = phone_test(small)
    return {"BLEU": score(small.translate_batch(en), zh).bleu, "BLEU float32": score(exact.translate_batch(en), zh).bleu, "cross-entropy": small.cross_entropy(en, zh), "cross-entropy float32": exact.cross_entropy(en, zh),
            "numbers": numbers_kept(amounts, small.translate_batch(amounts)), "frames": phone["frames"], "copied": phone["copied"], "paraphrases": phone["coffee"],
            "coffee": sum(coffee_kept(small.translate_batch([en for en, _ in run.phrases]), run.phrases).values())}


def halfway(folder, tuned):
    "The mean of the plain student's weights and a tuned one's."
    mean_model([out/"plain", tuned], folder)


step = seconds_a_step()
def kind(name, how): return {"plain": "leash", "written": "reads", teacher: "taught"}.get(how.get("teacher")) or {"4+1 layers": "deep", "dropout 0.1": "dropout"}.get(name, "plain")


def table():
    done = [read_json(file) for name in (*STUDENTS, *FINE, *MEANS) if (file := out/name/"result.json").is_file()]
    once = {name: read_json(file) for name in ("labels", "written") if (file := out/f"{name}.json").is_file()}
    write(args.results, "ideas", {"corpus": Path(args.corpus).name, "minutes": args.minutes, "sentences": len(test), "general_rows": len(run.general), "once": once, "seconds_a_step": step, "rows": done})


MEANS = {f"{name}, half way": name for name in ("prices alone", "prices, coffee, some general rows")}
for name in args.only or [*STUDENTS, *FINE, *MEANS]:
    folder = out/name
    if (folder/"result.json").is_file(): continue
    if name in MEANS: steps = 0; halfway(folder, out/MEANS[name])
    else:
        start, make_rows, how = {**STUDENTS, **FINE}[name]
        how, fine = dict(how), name in FINE
        steps = round(60 * args.minutes / step[kind(name, how)] / (10 if fine else 1))
        if how.get("teacher") == "plain": how["teacher"] = plain()
        student, rounded = start(), how.pop("rounded", False)
        options = dict(rate=1e-3, warmup=50) if fine else {}
        if not (folder/"metrics.json").is_file():
            if rounded:
                with Rounded(student): train(folder, student, make_rows(), steps, **options, **how)
            else: train(folder, student, make_rows(), steps, **options, **how)
    result = {"idea": name, "fine-tuning": name in FINE or name in MEANS, "steps": steps, **judged(folder)}
    write_json(folder/"result.json", result)
    print({k: round(v, 3) if isinstance(v, float) else v for k, v in result.items()}, flush=True)
    table()
table()

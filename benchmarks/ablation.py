"""What each choice is worth: recipes trained for the same time on the same corpus at the same size, judged on the same held-out text.

Every recipe gets `--minutes` of one core for the trainings that lead to its small model: stages 5 and 7 of the article (its other stages leave no
trace in the final model), the one training of the better recipe. How many steps that makes is measured first, in CPU time, so that a busy machine
changes nothing. What is done is kept and the table is written after each recipe, so the command may be cut off and called again.
  python benchmarks/ablation.py                      all recipes of the table, the two ends with three seeds
  python benchmarks/ablation.py --sizes              instead: the better recipe with other shapes and vocabularies of the same size, all with three seeds
  python benchmarks/ablation.py --only article+digits
A recipe may be followed by a change of the scale, as in "better, 4+1 layers"."""
import json, os, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from common import HERE, arguments, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", default=str(HERE.parent.parent/"shared/corpora/opus100-standin"), help="folder in the layout of OPUS-100, with a test split")
parser.add_argument("--output-dir", type=Path, default=HERE.parent/"outputs/ablation", help="where the trainings go")
parser.add_argument("--minutes", type=float, default=5, help="CPU time for the trainings of one recipe")
parser.add_argument("--seeds", type=int, default=3, help="for the two ends of the table, and for all of --sizes")
parser.add_argument("--sizes", action="store_true", help="compare sizes of the better recipe, and write ablation_sizes.json")
parser.add_argument("--only", help="train this recipe, and write no table")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--at-once", type=int, default=2, help="trainings at a time, one core each")
args = parser.parse_args()
from tinymt.recipe import Shape

CHANGES = {"4+1 layers": dict(shapes={"small": Shape(96, 4, 1, 4, 384)}),                        # all of these have as many parameters; this one works less for each piece written,
           "4,000 pieces": dict(joint_vocab=4000, shapes={"small": Shape(108, 3, 2, 4, 432)}),   # this one has fewer of them in the table of pieces,
           "9,000 pieces": dict(joint_vocab=9000, shapes={"small": Shape(84, 3, 2, 4, 336)})}    # and this one more
SHARE = {"stage5": 0.92, "stage7": 0.08, "student": 1.0}  # of the time; the article's: 32,588 steps and 2,900


def place(recipe, seed): return args.output_dir/f"{args.minutes:g}min"/f"{recipe}-{seed}"


def train(recipe, seed):
    "Train a recipe within the budget and judge it; everything goes into `place`."
    import torch
    torch.set_num_threads(1)
    from tinymt import recipe as recipes
    from tinymt.augmentation import money_test
    from tinymt.evaluation import coffee_kept, numbers_kept, punctuation, score
    from tinymt.corpus import read
    from tinymt.recipe import LAPTOP, SCALES
    from tinymt.robustness import phone_test
    from tinymt.runner import Run, _rows, new_or_copied
    from tinymt.tokenizer import load_tokenizer
    from tinymt.training import distill
    from tinymt.translator import Translator
    quiet()
    out, asked = place(recipe, seed), recipe
    recipe, _, change = recipe.partition(", ")
    recipes.RECIPES["article"] = (tuple(stage for stage in recipes.ARTICLE if stage.name in SHARE), ())
    own = {"stage5": dict(learning_rate=3e-3, warmup_steps=300, extra=(("coffee", 10), ("travel", 2))),
           "stage7": dict(learning_rate=1e-3, warmup_steps=50, extra=(("coffee", 20), ("money", 1), ("travel", 1)), rows=10_000),
           "student": dict(learning_rate=3e-3, warmup_steps=300, extra=(("coffee", 10), ("travel", 1), ("money", 1)))}
    def run(epochs):
        "The recipe with so many epochs of each training."
        base = replace(LAPTOP, name="ablation", sample=None, only="tatoeba", joint_vocab=6000, dropout=0.0, corrections=10, travel=3000, money=6000, eval_rows=300,
            shapes={"small": Shape(96, 3, 2, 4, 384)},
            changes={name: {**own[name], "num_train_epochs": epochs.get(name, 1), "seed": seed, "eval_steps": 10**6, "save_steps": 500, "logging_steps": 100} for name in own})
        SCALES["ablation"] = replace(base, **CHANGES.get(change, {}))
        return Run("ablation", recipe, out, corpus=args.corpus, progress=False)
    if not (out/"epochs.json").is_file(): # how long does a step take?
        first, epochs = run({}).build("joint"), {}
        for stage in first.stages:
            tokenizer = load_tokenizer(first.folder("joint"))
            rows, held_out = _rows(first, stage, tokenizer)
            def seconds(steps):
                with tempfile.TemporaryDirectory() as folder:
                    begun = time.process_time()
                    hyper = replace(stage.hyper, num_train_epochs=steps * stage.hyper.batch_size / len(rows))
                    distill(new_or_copied(first, replace(stage, shape="small", start="random"), tokenizer), tokenizer, rows, held_out.select(range(4)), folder, hyper, progress=False)
                    return time.process_time() - begun
            step = (seconds(180) - seconds(20)) / 160
            epochs[stage.name] = round(SHARE[stage.name] * 60 * args.minutes / step * stage.hyper.batch_size / len(rows), 3)
        (out/"epochs.json").write_text(json.dumps(epochs))
    done = run(epochs := json.loads((out/"epochs.json").read_text())).build()
    test, last = read(args.corpus, split="test"), done.stages[-1].name
    everyday = [source.startswith("tatoeba") for source in test["source"]]
    def bleu(outputs, rows): return score([o for o, r in zip(outputs, rows) if r], [z for z, r in zip(test["zh"], rows) if r]).bleu
    small = Translator(done.folder("stage8"))
    outputs, exact = small.translate_batch(test["en"][:]), done.translator(last).translate_batch(test["en"][:])
    before = done.translator(done.stages[0].name).translate_batch(test["en"][:]) if len(done.stages) > 1 else exact
    amounts, wide = money_test(1000)["en"][:], [o for o, z in zip(outputs, test["zh"]) if punctuation([z])["fullwidth"] and not punctuation([z])["ascii"]]
    marks, phone = punctuation(wide), phone_test(small)
    found = {"recipe": asked, "seed": seed, "epochs": epochs, "parameters": done.results(last)["parameters"], "bytes": done.results("stage8")["bytes"],
        "steps": {s.name: done.results(s.name)["steps"] for s in done.stages}, "BLEU": bleu(outputs, [True] * len(test)), "BLEU everyday": bleu(outputs, everyday),
        "BLEU technical": bleu(outputs, [not e for e in everyday]), "BLEU float32": bleu(exact, [True] * len(test)), "BLEU before the last stage": bleu(before, [True] * len(test)),
        "numbers": numbers_kept(amounts, small.translate_batch(amounts)), "frames": phone["frames"], "copied": phone["copied"], "broken": phone["broken"], "paraphrases": phone["coffee"],
        "coffee": sum(coffee_kept(small.translate_batch([en for en, _ in done.phrases]), done.phrases).values()), "full width": marks["fullwidth"] / max(1, marks["fullwidth"] + marks["ascii"])}
    (out/"outputs.json").write_text(json.dumps(outputs, ensure_ascii=False, indent=0))
    (out/"result.json").write_text(json.dumps(found, indent=1))


if args.only:
    train(args.only, args.seed)
    sys.exit()

from tinymt.corpus import read
from tinymt.evaluation import paired_bootstrap
from tinymt.recipe import CHOICES, RECIPES

quiet()
ends = [(recipe, seed) for seed in range(1, args.seeds + 1) for recipe in ("article", "better")]
CHOSEN = [name for name in CHOICES if not name.startswith("seed")]  # seeds are tried at the two ends
left_out = [name for name in CHOSEN if name not in RECIPES["better"][1]]
alone = "better" + "".join(f"-{name}" for name in RECIPES["better"][1])  # one training, and nothing else
jobs = [*ends, (alone, 1), *((f"better+{name}", 1) for name in left_out), *((f"better-{name}", 1) for name in RECIPES["better"][1]),
        *((f"article+{name}", 1) for name in CHOSEN)]
if args.sizes: jobs = [(recipe, seed) for seed in range(1, args.seeds + 1) for recipe in ("better", *(f"better, {change}" for change in CHANGES))]


def job(asked):
    recipe, seed = asked
    if not (place(recipe, seed)/"result.json").is_file():
        place(recipe, seed).mkdir(parents=True, exist_ok=True)
        with open(place(recipe, seed)/"log.txt", "w") as log:
            code = subprocess.run([sys.executable, __file__, "--corpus", args.corpus, "--output-dir", args.output_dir, "--minutes", str(args.minutes), "--only", recipe, "--seed", str(seed)],
                                  stdout=log, stderr=log, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode
        if code: return print(f"{recipe}, seed {seed}: failed, see {log.name}", flush=True)
    found = json.loads((place(recipe, seed)/"result.json").read_text())
    print(f"{recipe:40} seed {seed}: BLEU {found['BLEU everyday']:.1f}, numbers {found['numbers']:.1%}, unseen frames {found['frames']:.1%}, copied {found['copied']:.0%}", flush=True)
    return found


test = read(args.corpus, split="test")
def taught(rows): return [row for row, source in zip(rows, test["source"][:]) if source.startswith("tatoeba")] # the part that is like the training rows
references = taught(test["zh"])


def table():
    "Write what is finished."
    rows = [json.loads((place(*job)/"result.json").read_text()) for job in jobs if (place(*job)/"result.json").is_file()]
    done = {(row["recipe"], row["seed"]) for row in rows}
    outputs = lambda *job: taught(json.loads((place(*job)/"outputs.json").read_text()))
    pairs = {seed: paired_bootstrap(outputs("article", seed), outputs("better", seed), references) for seed in range(1, args.seeds + 1) if {("article", seed), ("better", seed)} <= done}
    write(args.results, "ablation_sizes" if args.sizes else "ablation", {"corpus": Path(args.corpus).name, "minutes": args.minutes, "sentences": len(references), "rows": rows, "choices": {k: v.says for k, v in CHOICES.items() if k in CHOSEN},
        "bootstrap": {seed: {"article": c.baseline, "better": c.system, "p": c.p_value, "signature": c.signature} for seed, c in pairs.items()}})


with ThreadPoolExecutor(args.at_once) as pool:
    for _ in pool.map(job, jobs): table()

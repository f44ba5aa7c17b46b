"""The small model that comes with the package: score the run that made it, put it into the package, and write its card.

The first run, under two hours of one core, one that goes on from the model in the package, three quarters of an hour, four short ones that all
begin with what came of it, and four that begin with their mean; each resumes after a cut:
  .venv/bin/tinymt run --scale pocket --recipe better+typed+smoothing+average --corpus CORPUS
  .venv/bin/tinymt run --scale pocket2 --recipe further+typed+smoothing+average --corpus CORPUS
  .venv/bin/tinymt run --scale pocket3 --recipe further+typed+smoothing+average+seed1 --corpus CORPUS      (and +seed2, +seed3, +seed4)
  .venv/bin/tinymt run --scale pocket4 --recipe further+typed+smoothing+average+seed1 --corpus CORPUS      (and +seed2, +seed3, +seed4)
After each of the first two and after each four, this script (with --run, given several folders for the mean of their weights) copies the five files
to tinymt/model, adds the run to models/runs, and writes models/README.md from what it measures. Held out of the training is every sentence whose
English stands in the validation or test split of the corpus. FLORES and WMT are news and encyclopaedia, which the model has never seen anything like;
they are reported because people ask."""
import json, os, shutil, tempfile
from pathlib import Path

from common import HERE, arguments, machine, mean_model, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--run", type=Path, nargs="+", default=[HERE.parent/f"outputs/pocket4/further+typed+smoothing+average+seed{n}" for n in range(1, 5)], help="folder of a finished run, or of several")
parser.add_argument("--commit", help="the commit with the run's code, where it was committed only after the run had begun")
parser.add_argument("--corpus", type=Path, default=HERE.parent.parent/"shared/corpora/opus100-standin", help="the corpus it was trained on, with a test split")
parser.add_argument("--teacher-outputs", type=Path, default=HERE.parent.parent/"shared/teacher-outputs/en-zh", help="folder with SET.en and SET.zh")
args = parser.parse_args()

from tinymt.augmentation import COFFEE, money_test
from tinymt.build import read_json, write_json
from tinymt.corpus import read
from tinymt.evaluation import coffee_kept, numbers_kept, probe, punctuation, score
from tinymt.int8 import convert
from tinymt.robustness import phone_test
from tinymt.translator import FIVE_FILES, PACKAGED, Translator

quiet()
for run in args.run:
    if not (run/"stage8/model.bin").is_file(): raise SystemExit(f"{run}/stage8 has no model yet: make it first, with one of the commands above.")
trainings = [next(run.glob("*/metrics.json")).parent for run in args.run]  # the one training of these recipes
folder = tempfile.TemporaryDirectory()  # gone when the script ends
work = Path(folder.name)
trained = trainings[0] if len(trainings) == 1 else mean_model(trainings, work/"mean")
int8 = convert(trained, work/"int8")
made, metrics, models = read_json(trainings[0]/"run_args.json"), [read_json(each/"metrics.json") for each in trainings], HERE.parent/"models"
if args.commit: made["git_commit"] = args.commit
runs = [read_json(file) for file in sorted((models/"runs").glob("*.json"), key=lambda file: int(file.stem))]
if not runs or runs[-1]["run_args"]["fingerprint"] != made["fingerprint"]:
    runs.append({"rows": metrics[0]["rows"], "steps": sum(each["steps"] for each in metrics), "minutes": round(sum(each["seconds"] for each in metrics) / 60, 1), "cpu": machine()["cpu"],
                 "recipes": [read_json(each/"run_args.json")["run"]["recipe"] for each in trainings], "run_args": made})
test = read(str(args.corpus), split="test")
rows = {"everyday (Tatoeba), held out": test.filter(lambda row: row["source"].startswith("tatoeba")), "technical (Python documentation), held out": test.filter(lambda row: not row["source"].startswith("tatoeba"))}
sets = {name: (part["en"][:], part["zh"][:]) for name, part in rows.items()}
for name in ("flores-dev", "wmt17"):
    if (args.teacher_outputs/f"{name}.en").is_file(): sets[name] = tuple((args.teacher_outputs/f"{name}.{side}").read_text(encoding="utf-8").splitlines() for side in ("en", "zh"))
small, greedy = Translator(int8), Translator(int8, beam_size=1)
exact = Translator(convert(trained, work/"float32", quantization="float32"))
outputs = {name: small.translate_batch(en) for name, (en, _) in sets.items()}
everyday = next(iter(sets))
en, zh = sets[everyday]
if len(args.run) > 1: runs[-1]["everyday BLEU"] = {**{run.name: score(Translator(run/"stage8").translate_batch(en), zh).bleu for run in args.run}, "their mean": score(outputs[everyday], zh).bleu}
amounts, phone = money_test(1000)["en"][:], phone_test(small)
marked = [out for out, ref in zip(outputs[everyday], zh) if punctuation([ref])["fullwidth"] and not punctuation([ref])["ascii"]]
marks = punctuation(marked)
found = {"files": {name: (int8/name).stat().st_size for name in FIVE_FILES}, "parameters": read_json(args.run[0]/"stage8/results.json")["parameters"],
    "rows": max(run["rows"] for run in runs), "steps": sum(run["steps"] for run in runs), "minutes": sum(run["minutes"] for run in runs), "runs": len(runs),
    "BLEU": {name: score(outputs[name], ref).bleu for name, (_, ref) in sets.items()}, "chrF": {name: score(outputs[name], ref).chrf for name, (_, ref) in sets.items()},
    "sentences": {name: len(ref) for name, (_, ref) in sets.items()}, "signature": score(outputs[everyday], zh).signature,
    "everyday, greedy": score(greedy.translate_batch(en), zh).bleu, "everyday, float32": score(exact.translate_batch(en), zh).bleu,
    "numbers kept, 1,000 unseen amounts": numbers_kept(amounts, small.translate_batch(amounts)), "numbers kept, 20 unseen frames": phone["frames"], "copied": phone["copied"], "broken": phone["broken"],
    "coffee": sum(coffee_kept(small.translate_batch([e for e, _ in COFFEE]), COFFEE).values()), "paraphrases": phone["coffee"],
    "probes": [row._asdict() for row in probe(small)], "full width": marks["fullwidth"] / max(1, marks["fullwidth"] + marks["ascii"]),
    "phone": phone["rows"], "examples": {name: [dict(en=e, zh=z, output=o) for e, z, o in list(zip(*sets[name], outputs[name]))[:200:20]] for name in sets}}
write(args.results, "pocket", found)

PACKAGED.mkdir(exist_ok=True)
for name in FIVE_FILES: shutil.copy(int8/name, PACKAGED)
(models/"runs").mkdir(parents=True, exist_ok=True)
for number, each in enumerate(runs, 1): write_json(models/"runs"/f"{number}.json", each)


def cells(text): return text.replace("|", "\\|").replace("$", "&#36;")
def table(head, lines): return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])


def commands_of(each):
    "The command lines of a run, or of several whose mean was taken."
    scale, recipes = each["run_args"]["run"]["scale"], each.get("recipes") or [each["run_args"]["run"]["recipe"]]
    begin = os.path.commonprefix(recipes) if len(recipes) > 1 else recipes[0]
    ends = [recipe.removeprefix(begin) for recipe in recipes]
    train = f"for n in {' '.join(ends)}; do .venv/bin/tinymt run --scale {scale} --recipe {begin}$n --corpus CORPUS; done" if len(ends) > 1 else f".venv/bin/tinymt run --scale {scale} --recipe {begin} --corpus CORPUS"
    folders = f"outputs/{scale}/{begin}" + (f"{{{','.join(ends)}}}" if len(ends) > 1 else "")
    return f"    {train}    # {each['steps']:,} steps, {each['minutes']:.0f} minutes of one core\n    .venv/bin/python benchmarks/pocket.py --corpus CORPUS --run {folders}"



examples = "\n".join(f"**{name}**\n\n" + table(["English", "reference", "the model"], [[cells(row[side]) for side in ("en", "zh", "output")] for row in found["examples"][name]]) + "\n" for name in sets)
missed = [row for row in phone["rows"] if not row["ok"]]
(models/"README.md").write_text(f"""# The small model

English → Chinese (Simplified), {found['parameters'] / 1e6:.1f} million parameters, {sum(found['files'].values()) / 1e6:.1f} MB with its tokenizer, int8 for CTranslate2. It lies in `tinymt/model` and in the wheel;
`Translator()` and `tinymt translate` use it when no other model is named. This card is written by `benchmarks/pocket.py` from what it measures; do not edit it by hand.

## What it is for

Short everyday sentences, offline and at once. It has read {found["rows"]:,} rows (repeats counted), a thousandth of what a real translator reads, for {found['minutes']:.0f} minutes.
Check amounts, addresses and numbers that it copies: of 1,000 sentences with unseen amounts it keeps all numbers in {found['numbers kept, 1,000 unseen amounts']:.1%}. It is **not** for anything technical, long or literary: see the examples. It does not know most names, and it never says that it does not know.

## How it was made

{chr(10).join(map(commands_of, runs))}

`benchmarks/pocket.py` measures a run and puts its model into the package, from which the next run goes on; of several runs it takes the mean of the weights. Every argument, the versions and the commit stand in [runs](runs), one file for each time it was called; the numbers of the recipe in
`tinymt/recipe.py` (the scales `pocket` to `pocket4`, the recipes `better` and `further` and the choices named behind them).
CORPUS is a folder in OPUS-100's layout with the English-Mandarin sentences of Tatoeba, of which only these are taken. Rows whose English stands in the validation or test split were left out.

| text | licence |
|---|---|
| [Tatoeba](https://tatoeba.org), English-Mandarin | CC BY 2.0 FR, by its contributors |
| [hsk-sentences-audio](https://github.com/no7z/hsk-sentences-audio), graded sentences | CC BY-SA 4.0, by its contributors |
| coffee, travel, money and everyday rows | written for this project, Apache 2.0 |

The weights are made from these sentences; pass them on under CC BY-SA 4.0 and name both sources.

## What it scores

{table(["text it has not seen", "sentences", "BLEU", "chrF"], [[name, f"{found['sentences'][name]:,}", f"{found['BLEU'][name]:.1f}", f"{found['chrF'][name]:.1f}"] for name in sets])}

Beam 4, sacreBLEU `{found['signature'].split()[0]}`. On the everyday text greedy search scores {found['everyday, greedy']:.1f}, and float32 weights {found['everyday, float32']:.1f}.

{table(["kept", "measured"], [["numbers in 1,000 sentences with unseen amounts", f"{found['numbers kept, 1,000 unseen amounts']:.1%}"], ["numbers in 20 frames it was not trained on, with dates and times", f"{found['numbers kept, 20 unseen frames']:.1%}"],
    ["61 odd inputs with something to copy", f"{found['copied']:.0%}"], ["120 odd inputs and orders that loop or come out empty", str(found["broken"])], ["coffee phrases, trained on", f"{found['coffee']} of 28"], ["coffee in other words", f"{found['paraphrases']} of 20"],
    ["Chinese marks full-width, where the reference's are", f"{found['full width']:.1%}"], ["probe sentences of the article", f"{sum(row['ok'] for row in found['probes'])} of 7"]])}

## What it says

Every twentieth of the first sentences of each text, not chosen.

{examples}
Of the odd inputs and orders it gets {len(missed)} wrong:

{table(["English", "must hold", "the model"], [[cells(row["source"]), "`" + cells(row["expected"]) + "`", cells(row["output"])] for row in missed])}
""", encoding="utf-8")
print(models/"README.md")

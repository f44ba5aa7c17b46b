"""What an x86 processor without VNNI costs int8: the packaged model with sums of 32 bits, with sums of 16 bits that are cut off, and in floats.

The processor must have AVX-512 VNNI; oneDNN and CTranslate2 are told to do as if it had only AVX2. Notebook 07 shows what is cut off, and the table.
Used: .venv/bin/python benchmarks/overflow.py --corpus CORPUS"""
import json, os, subprocess, sys, time
from pathlib import Path

from common import HERE, arguments, quiet, write

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "CT2_FORCE_CPU_ISA": "AVX2"}
CONTESTANTS = {"int8, VNNI": ("int8", {}), "int8, AVX2": ("int8", AVX2), "float32, AVX2": ("float32", AVX2)}
parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", type=Path, default=HERE.parent.parent/"shared/corpora/opus100-standin", help="corpus with a test split that holds sentences of Tatoeba")
parser.add_argument("--compute-type", help="measure this one in this process and print it (the script calls itself)")
args = parser.parse_args()
quiet()


def measure(compute_type):
    "The scores of the packaged model and its seconds, one core, greedy."
    from tinymt.augmentation import money_test
    from tinymt.corpus import read
    from tinymt.evaluation import numbers_kept, score
    from tinymt.translator import Translator
    test = read(str(args.corpus), split="test").filter(lambda row: row["source"].startswith("tatoeba"))
    en, zh, amounts = test["en"][:], test["zh"][:], money_test(1000)["en"][:]
    model = Translator(compute_type=compute_type, workers=1, beam_size=1)
    model.translate_batch(en[:50])                           # the first call is slower
    begun = time.perf_counter(); outputs = model.translate_batch(en); seconds = time.perf_counter() - begun
    return {"sentences": len(en), "outputs": outputs, "seconds": seconds, "BLEU": score(outputs, zh).bleu, "numbers": numbers_kept(amounts, model.translate_batch(amounts)),
            "cross-entropy": model.cross_entropy(en, zh)}


if args.compute_type: print(json.dumps(measure(args.compute_type))); sys.exit()
if "avx512_vnni" not in Path("/proc/cpuinfo").read_text(): raise SystemExit("This processor has no VNNI to compare with: run it on one that has.")
found = {}
for name, (compute_type, environment) in CONTESTANTS.items():
    done = subprocess.run([sys.executable, __file__, "--corpus", args.corpus, "--compute-type", compute_type], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True)
    found[name] = json.loads(done.stdout)
floats = found["float32, AVX2"]
rows = [{"arithmetic": name, "BLEU": each["BLEU"], "numbers kept, %": 100 * each["numbers"], "cross-entropy, nats a piece": each["cross-entropy"],
         "other outputs than floats, %": 100 * sum(a != b for a, b in zip(each["outputs"], floats["outputs"])) / floats["sentences"],
         "speed, floats on AVX2 = 1": floats["seconds"] / each["seconds"]} for name, each in found.items()]
write(args.results, "overflow", {"sentences": floats["sentences"], "rows": rows})
for row in rows: print(row)

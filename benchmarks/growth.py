"""Does it stay flat? Time for a line and peak memory of translating, auditing, tokenizing and labelling 1,000, 10,000 and 100,000 lines.

Each figure is a process of its own, whose memory is read in its last moment (VmHWM). Translating and labelling use the packaged model, greedy; the lines
are the English of the corpus, again from its beginning when it is used up, each time with another number before it, so that no line occurs twice.
Auditing and tokenizing get both sides. "Memory given back" is translating once more, where glibc is told to ask the system for each block from 128 KiB on and
to give it back at once, instead of keeping it for the next batch (MALLOC_MMAP_THRESHOLD_): what is the heap, and what is ours? Bar: memory of translating 100,000 lines within a tenth of that of 1,000."""
import json, os, subprocess, sys, tempfile, time
from pathlib import Path

from common import HERE, arguments, write

GIVEN_BACK = "translate, memory given back"
TASKS = ("translate", GIVEN_BACK, "audit", "tokenize", "label")
parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", default="embedded", help="anything that corpus.read reads")
parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
parser.add_argument("--only", nargs=2, metavar=("TASK", "SIZE"), help="one measurement, in this process")
args = parser.parse_args()


def lines(column, size):
    from tinymt.corpus import read
    text = read(args.corpus)[column][:]
    return (f"{i // len(text)}. {text[i % len(text)]}" for i in range(size))


def translate(size):
    from tinymt.translator import Translator
    with tempfile.TemporaryFile("w+", encoding="utf-8") as inputs:
        subprocess.run([sys.executable, __file__, "--corpus", args.corpus, "--only", "print", str(size)], stdout=inputs, check=True)  # Datasets' memory is not in the figure
        inputs.seek(0)
        begun = time.perf_counter()
        done = sum(1 for _ in Translator(beam_size=1).stream(inputs))
    assert done == size
    return time.perf_counter() - begun


def pairs(size):
    from tinymt.corpus import corpus
    return corpus(list(lines("en", size)), list(lines("zh", size)), "growth")


def audit(size):
    from tinymt import corpus
    rows = pairs(size)
    begun = time.perf_counter(); corpus.audit(rows)
    return time.perf_counter() - begun


def tokenize(size):
    from tinymt.corpus import read
    from tinymt.tokenizer import encode, load_tokenizer, train_joint
    tokenizer, rows = load_tokenizer(train_joint(read("embedded"), tempfile.mkdtemp(), vocab_size=3500)), pairs(size)
    begun = time.perf_counter(); encode(rows, tokenizer)
    return time.perf_counter() - begun


def label(size):
    from tinymt import augmentation
    from tinymt.translator import Translator
    rows = pairs(size)
    begun = time.perf_counter(); augmentation.label(rows, Translator(beam_size=1), Path(tempfile.mkdtemp())/"labels.csv")
    return time.perf_counter() - begun


if args.only:
    task, size = args.only[0], int(args.only[1])
    if task == "print":
        for line in lines("en", size): print(line)
        sys.exit()
    if task != "translate":
        import datasets
        datasets.disable_progress_bars()
    seconds = globals()[task](size)
    peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "peak_bytes": peak}))
    sys.exit()

found = {}
for task in TASKS:
    for size in args.sizes:
        done = subprocess.run([sys.executable, __file__, "--corpus", args.corpus, "--only", task.split(",")[0], str(size)], capture_output=True, text=True, check=True,
                              env={**os.environ, **({"MALLOC_MMAP_THRESHOLD_": "131072"} if task == GIVEN_BACK else {})})
        one = json.loads(done.stdout.splitlines()[-1])
        found.setdefault(task, {})[size] = {"microseconds a line": 1e6 * one["seconds"] / size, "peak MB": one["peak_bytes"] / 1e6}
        print(task, size, found[task][size], flush=True)
first, last = (found["translate"][size]["peak MB"] for size in (args.sizes[0], args.sizes[-1]))
write(args.results, "growth", {"tasks": found, "memory, last size / first": last / first, "bar": {"within a tenth": last / first <= 1.1}})

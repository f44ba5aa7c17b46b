"""Pairs per second that become ids, and memory, for a corpus on disk that grows tenfold; and the second time, from the cache.

The corpus is the embedded one, repeated and written as a folder in OPUS-100's layout. Each size has a fresh process, which reads the folder and
encodes it with the run's joint tokenizer. Memory is what the process keeps for itself (RssAnon); the corpus, which the system maps into memory
page by page, is not counted. Bar: 10,000 pairs a second on two cores."""
import json, os, subprocess, sys, tempfile
from pathlib import Path

from common import arguments, need, write

CHILD = """
import json, sys, threading, time
from tinymt.scripts import _quiet
_quiet()
from tinymt.corpus import read
from tinymt.tokenizer import encode, load_tokenizer
folder, tokenizer = sys.argv[1:]
peak, stop = 0, threading.Event()
def watch():
    global peak
    while not stop.wait(0.02):
        peak = max(peak, next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) * 1024)
tokenizer, rows = load_tokenizer(tokenizer), read(folder)
threading.Thread(target=watch, daemon=True).start()
begun = time.perf_counter(); first = encode(rows, tokenizer); seconds = time.perf_counter() - begun
begun = time.perf_counter(); encode(rows, tokenizer); again = time.perf_counter() - begun
stop.set()
pieces = sum(len(ids) for ids in first.select(range(10_000))["input_ids"]) / 10_000
print(json.dumps({"rows": len(rows), "pieces_of_a_source": pieces, "pairs_per_second": len(rows) / seconds, "seconds": seconds, "seconds_from_cache": again, "memory_bytes": peak}))
"""

parser = arguments(__doc__)
parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
args = parser.parse_args()
joint, = need(args.run, "joint")

from datasets import Dataset
from tinymt.corpus import read

rows = [{"translation": {"en": row["en"], "zh": row["zh"]}} for row in read("embedded")]
found = []
for n in args.rows:
    with tempfile.TemporaryDirectory() as tmp:
        (Path(tmp)/"corpus"/"en-zh").mkdir(parents=True)
        # a number makes every row another one, so that nothing can be remembered
        Dataset.from_generator(lambda n=n: ({"translation": {"en": f"{i} {rows[i % len(rows)]['translation']['en']}", "zh": rows[i % len(rows)]["translation"]["zh"]}} for i in range(n)),
                               cache_dir=tmp).to_parquet(f"{tmp}/corpus/en-zh/train-00000-of-00001.parquet")
        done = subprocess.run([sys.executable, "-c", CHILD, f"{tmp}/corpus", joint], capture_output=True, text=True, check=True, env={**os.environ, "HF_DATASETS_CACHE": tmp})
    found.append(json.loads(done.stdout))
    print(found[-1], flush=True)
growth = found[-1]["memory_bytes"] / found[0]["memory_bytes"]
write(args.results, "tokenization", {"sizes": found, "memory_grows_by": growth, "bar": {"pairs_per_second": 10_000, "met": min(f["pairs_per_second"] for f in found) >= 10_000}})

"""From nothing to the first answer: `tinymt translate --text …` with the packaged model, as a new process, wall time and peak memory.

The time is that of the installed program, from fork to exit, so Python's own start is in it; files are in the page cache but for the
first run, which is reported apart. The memory is VmHWM, read by the process itself in its last moment. Bars: 0.7 s, 150 MB."""
import json, os, statistics, subprocess, sys, time
from pathlib import Path

from common import arguments, rounds, write

parser = arguments(__doc__, run=False)
parser.add_argument("--text", default="give me a cup of latte", help="what to translate")
parser.add_argument("--repeats", type=int, default=15, help="processes of each kind")
args = parser.parse_args()

from tinymt.translator import PACKAGED

line = ["translate", "--text", args.text]
program = Path(sys.executable).with_name("tinymt")
peak = """
import atexit, sys
atexit.register(lambda: print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')), file=sys.stderr))
from tinymt.cli import main
main(sys.argv[1:])
"""


def seconds(command):
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, done


contestants = {"tinymt translate": [program, *line], "python -c pass": [sys.executable, "-c", "pass"]}
first, done = seconds(contestants["tinymt translate"])
times = rounds(contestants, args.repeats, lambda command: seconds(command)[0])
memory = [1024 * int(seconds([sys.executable, "-c", peak, *line])[1].stderr.split()[-1]) for _ in range(5)]
found = {"text": args.text, "output": done.stdout.strip(), "model_bin_bytes": (PACKAGED/"model.bin").stat().st_size, "repeats": args.repeats,
         "first_run_seconds": first, "median_seconds": {name: statistics.median(t) for name, t in times.items()},
         "slowest_seconds": max(times["tinymt translate"]), "peak_memory_MB": max(memory) / 1e6, "rounds": times}
found["bar"] = {"seconds": 0.7, "MB": 150, "met": found["median_seconds"]["tinymt translate"] < 0.7 and found["peak_memory_MB"] < 150}
write(args.results, "coldstart", found)

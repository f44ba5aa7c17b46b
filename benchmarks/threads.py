"""How long should a waiting thread spin? Training steps of the smoke student, alone on the machine and beside a busy process.

PyTorch's threads meet after every operation, thousands of times a second. libgomp lets a thread that is early spin for a while before it
sleeps. Spinning for ever is fastest on an idle machine and ruinous beside another process, whose core the spinner holds; sleeping at once
(OMP_WAIT_POLICY=PASSIVE) is safe and pays a wake-up each time. GOMP_SPINCOUNT sets the length; `tinymt` uses 1,000 turns.
Each contestant is a process of its own, because libgomp reads its settings when it is loaded; a minute or two in all, longer where
a contestant suffers. No bar: it shows why 18_cli sets what it sets."""
import os, statistics, subprocess, sys

from common import arguments, write

CHILD = """
import time, torch
from tinymt.marian import new_student, student_config, teacher_config
from tinymt.distillation import cross_entropy
model = new_student(student_config(teacher_config(dropout=0.0), 96, 3, 2, 4, 384, vocab_size=3501))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
ids = torch.randint(2, 3500, (32, 14))
def step():
    cross_entropy(model(input_ids=ids, decoder_input_ids=ids).logits, ids).backward()
    optimizer.step(); optimizer.zero_grad()
for _ in range(5): step()
begun, n = time.perf_counter(), 0
while n < STEPS and time.perf_counter() - begun < 20: step(); n += 1
print(n / (time.perf_counter() - begun))
"""
SETTINGS = {"one thread": {"OMP_NUM_THREADS": "1"}, "two, sleep at once": {"OMP_WAIT_POLICY": "PASSIVE"}, "two, spin 1,000": {"GOMP_SPINCOUNT": "1000"},
            "two, spin 100,000": {"GOMP_SPINCOUNT": "100000"}, "two, libgomp's default": {}, "two, spin for ever": {"OMP_WAIT_POLICY": "ACTIVE"}}

parser = arguments(__doc__, run=False)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--repeats", type=int, default=3)
args = parser.parse_args()
clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}


def speed(name):
    "Training steps a second with one of SETTINGS."
    return float(subprocess.run([sys.executable, "-c", CHILD.replace("STEPS", str(args.steps))], env={**clean, "OMP_NUM_THREADS": "2", **SETTINGS[name]},
                                capture_output=True, text=True, check=True).stdout)


found = {}
for company in ("alone", "beside a busy process"):
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if company != "alone" else None
    try: found[company] = {name: [speed(name) for _ in range(args.repeats)] for name in SETTINGS}
    finally:
        if other: other.kill()
write(args.results, "threads", {"steps_per_second": {company: {name: statistics.median(s) for name, s in speeds.items()} for company, speeds in found.items()}, "rounds": found})

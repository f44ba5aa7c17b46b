"""Kill a run with SIGKILL at random moments, again and again, start it once more, and compare what comes out with a run that nobody disturbed.

The run is the whole recipe with all its stages, on models too small to learn, with a checkpoint every few steps. After each kill every folder
that bears its proper name must be whole; at the end all scores of all stages must be the same and the int8 model the same byte for byte."""
import os, random, signal, subprocess, sys, tempfile, time
from pathlib import Path

from common import arguments, write

JOB = """
import sys
from dataclasses import replace
from tinymt.recipe import SCALES, SMOKE, Shape
from tinymt.runner import Run
from tinymt.scripts import _quiet
_quiet()
few = {"num_train_epochs": 2, "warmup_steps": 5, "rows": 600, "extra": (("coffee", 2),), "save_steps": 7, "eval_steps": 15, "logging_steps": 5}
SCALES["kills"] = replace(SMOKE, name="kills", travel=64, money=200, eval_rows=20, joint_vocab=2800, separate_vocab=5600, dropout=0.1,
    shapes={"teacher": Shape(32, 1, 2, 2, 32), "student": Shape(32, 1, 2, 2, 32), "small": Shape(16, 1, 1, 2, 16)},
    changes={name: few for name in ("teacher", *(f"stage{n}" for n in range(1, 8)))} | {"stage3": {**few, "decoder_map": "0,1"}})
Run("kills", root=sys.argv[1]).build()
"""


def start(root):
    return subprocess.Popen([sys.executable, "-c", JOB, root], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, "GOMP_SPINCOUNT": "1000"})


def finish(root):
    begun = time.time()
    if code := start(root).wait(): raise SystemExit(f"The run ended with status {code}.")
    return time.time() - begun


def outcome(root):
    "What must be equal: the results of every stage without their minutes, and the weights."
    import json
    found = {}
    for file in sorted(Path(root).rglob("results.json")):
        result = json.loads(file.read_text())
        result.pop("minutes")
        found[file.parent.name] = result
    return found, next(Path(root).rglob("stage8/model.bin")).read_bytes()


def half_made(root):
    "Folders under their proper name that are not whole."
    stages = [f for f in Path(root).glob("kills/article/*") if f.is_dir() and not f.name.endswith((".partial", ".old"))]
    return [f.name for f in stages if not (f/"run_args.json").is_file() or f.name.startswith(("stage", "teacher")) and not (f/"results.json").is_file()]


if __name__ == "__main__":
    parser = arguments(__doc__, run=False)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as tmp:
        calm, cut = (str(Path(tmp)/name) for name in ("calm", "cut"))
        seconds = finish(calm)
        print(f"undisturbed: {seconds:.0f} s", flush=True)
        kills = []
        for n in range(args.kills):
            job = start(cut)
            # a start costs some seconds before anything is built; the moments are spread over what is left of the run
            time.sleep(rng.uniform(4, 4 + 1.5 * seconds / args.kills))
            if job.poll() is not None: break
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
            folder = Path(cut)/"kills"/"article"
            kills.append({"building": sorted(f.name for f in folder.glob("*.partial")), "half_made": half_made(cut),
                          "checkpoints": sorted(c.name for c in folder.glob("*.partial/checkpoint-*"))})
            print(f"kill {n + 1}: {kills[-1]}", flush=True)
        finish(cut)
        (calm_results, calm_bytes), (cut_results, cut_bytes) = outcome(calm), outcome(cut)
        differing = [stage for stage in calm_results if calm_results[stage] != cut_results.get(stage)]
        largest = max(abs(calm_results[s].get("eval_loss", 0) - cut_results[s].get("eval_loss", 0)) for s in calm_results)
    bar = {"no half-made folder": not any(k["half_made"] for k in kills), "all results equal": not differing, "model.bin equal": calm_bytes == cut_bytes}
    write(args.results, "kills", {"kills": kills, "seconds_undisturbed": seconds, "stages_that_differ": differing, "largest_difference_of_eval_loss": largest, "bar": bar})
    print(bar, f"largest difference of an evaluation loss: {largest:g}")
    sys.exit(not all(bar.values()))

"""What the benchmarks share: the machine, rounds of interleaved contestants, results as JSON."""
import argparse, datetime, json, os, platform, statistics, subprocess, time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ("torch", "transformers", "ctranslate2", "sentencepiece", "datasets", "sacrebleu")


def arguments(description, run=True):
    "A parser with the options that every benchmark has."
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--results", type=Path, default=HERE/"results", help="folder for the JSON file")
    if run: parser.add_argument("--run", type=Path, default=HERE.parent/"outputs/smoke/article", help="folder of a finished run")
    return parser


def need(run, *names):
    "The folders of a run's steps; says how to make them when they are missing."
    for name in names:
        if not (run/name/"run_args.json").is_file(): raise SystemExit(f"{run/name} is missing: make it with `tinymt run`, or give another --run.")
    return [run/name for name in names]


def machine():
    "Processor, memory, system, versions, commit and threads: what a figure is worth nothing without."
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal")) * 1024
    git = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=HERE)
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "memory_bytes": memory, "system": platform.platform(), "python": platform.python_version(),
            "versions": {name: version(name) for name in PACKAGES}, "git_commit": git.stdout.strip() or None, "load_at_start": os.getloadavg()[0],
            "environment": {k: v for k, v in os.environ.items() if k.startswith(("OMP_", "MKL_", "CT2_"))},
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}


def quiet():
    "No progress bars and no advice from the libraries."
    import datasets
    from transformers.utils import logging
    logging.set_verbosity_error(); logging.disable_progress_bar(); datasets.disable_progress_bars()


def rounds(contestants, repeats, measure=None):
    """Run every contestant once in each round, each round beginning with another one; name -> list of figures.

    `measure` calls a contestant and returns its figure; without it the figure is the seconds the call takes."""
    def seconds(call):
        begun = time.perf_counter(); call()
        return time.perf_counter() - begun
    names, figures = list(contestants), {name: [] for name in contestants}
    for at in range(repeats):
        for name in names[at % len(names):] + names[:at % len(names)]:
            figures[name].append((measure or seconds)(contestants[name]))
    return figures


def ratio(figures, above, below):
    "The median over the rounds of one contestant's figure over another's, each pair from the same round."
    return statistics.median(a / b for a, b in zip(figures[above], figures[below]))


def mean_model(folders, out):
    "The mean of the weights of models that began as the same one (Wortsman et al. 2022, \"Model soups\"), written to `out` with the first one's tokenizer."
    from tinymt.marian import load_model
    from tinymt.tokenizer import load_tokenizer
    models = [load_model(folder) for folder in folders]
    weights = [model.state_dict() for model in models]
    models[0].load_state_dict({name: sum(each[name] for each in weights) / len(weights) for name in weights[0]})
    models[0].save_pretrained(out); load_tokenizer(folders[0]).save_pretrained(out)
    return out


def write(results, name, found):
    "Print the findings and write them, with the machine, to RESULTS/NAME.json."
    text = json.dumps({"benchmark": name, **found, "machine": MACHINE}, indent=1, ensure_ascii=False)
    results.mkdir(parents=True, exist_ok=True)
    (results/f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in found.items() if k not in ("rounds", "differences")}, indent=1, ensure_ascii=False))


MACHINE = machine()  # before the benchmark adds its own load

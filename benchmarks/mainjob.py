"""The main job: `tinymt run` in a fresh folder and again in the same one, wall time and peak memory; without a network where the system can cut it.

The memory is VmHWM, the most that the process ever held, polled until its end, plus that of its children, should it have any.
Bars: 15 minutes and 4 GB for the first run; 20 seconds and nothing rebuilt for the second."""
import subprocess, sys, tempfile, time
from pathlib import Path

from common import arguments, write

parser = arguments(__doc__, run=False)
parser.add_argument("--scale", default="smoke")
parser.add_argument("--output-dir", help="keep the run in this new folder; without it, in none")
parser.add_argument("--until", default="stage8", help="last stage; an early one to try this script")
args = parser.parse_args()


def peak(pid):
    "VmHWM in bytes of a process and, added up, of its children."
    try:
        own = next((1024 * int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM")), 0)
        return own + sum(peak(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError: return 0                                  # it has just ended


def job(output_dir):
    "Run the main job into a folder; what it took, and what it printed."
    with tempfile.TemporaryFile("w+") as printed:
        begun, most = time.perf_counter(), 0
        child = subprocess.Popen([*offline, Path(sys.executable).with_name("tinymt"), "run", "--scale", args.scale, "--until", args.until,
                                  "--output-dir", output_dir], stdout=printed, stderr=printed)
        while child.poll() is None:
            most = max(most, peak(child.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        printed.seek(0); text = printed.read()
    if child.returncode: raise SystemExit(f"tinymt run ended with status {child.returncode}:\n{text}")
    return {"seconds": seconds, "peak_memory_GB": most / 1e9, "built": text.count("built in"), "unchanged": text.count("unchanged")}, text


def times(folder): return {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*")}


offline = ["unshare", "--map-root-user", "--net"]             # a network namespace with nothing in it
if subprocess.run([*offline, "true"], capture_output=True).returncode: offline = []
with tempfile.TemporaryDirectory() as folder:
    if args.output_dir:
        folder = args.output_dir
        if Path(folder, args.scale).exists(): raise SystemExit(f"{folder} has a run of that scale already, and a main job begins with nothing: name a new folder.")
    first, text = job(folder)
    before = times(folder)
    second, _ = job(folder)
    second["files_touched"] = len(set(times(folder).items()) ^ set(before.items()))
found = {"scale": args.scale, "until": args.until, "network": "cut off" if offline else "not cut off", "first": first, "second": second, "output": [line for line in text.splitlines() if "%|" not in line]}
found["bar"] = {"first": "900 s, 4 GB", "second": "20 s, nothing rebuilt",
    "met": first["seconds"] < 900 and first["peak_memory_GB"] < 4 and second["seconds"] < 20 and not second["built"] and not second["files_touched"]}
write(args.results, "mainjob", found)

"""What people would use instead: the article's shape in Transformers, in ONNX Runtime, in CTranslate2 at its defaults, and here, with and without a shortlist.

320 wide, 5+2 layers, 32,001 pieces of a joint tokenizer trained on the corpus, random weights; every output has exactly --pieces pieces, so all contestants
do the same work. "one by one" is a program that asks for one sentence and waits for the answer, "stream" is a file. CTranslate2 as its documentation
calls it: `Translator(folder)` with `translate_batch([tokens])`, and `translate_iterable` with its default batches of 32 in the order of the file.
Ours: one thread for a sentence; for a file one worker a core, sixteen sentences of equal length together, or each by itself if there is a list. A process
has only one instruction set, so all of CTranslate2 gets what `Translator` asks for (on AMD AVX-512), which makes its defaults a tenth faster than they are.
ONNX Runtime runs in a Python of its own, since Optimum wants older Transformers: `python3.11 -m venv E; E/bin/pip install torch==2.13.0
"optimum-onnx[onnxruntime]" sentencepiece`; then `--onnx E/bin/python` adds it, int8, one by one and in batches of 32.
Bars: one by one, with a list, 25 times Transformers and 5 times CTranslate2; a stream, with or without, twice as fast as CTranslate2's."""
import json, os, statistics, subprocess, tempfile, time
from pathlib import Path

from common import HERE, arguments, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", type=Path, default=HERE.parent.parent/"shared/corpora/opus100-standin", help="folder in the layout of OPUS-100")
parser.add_argument("--onnx", help="a Python that can import optimum.onnxruntime")
parser.add_argument("--sentences", type=int, default=50, help="one by one")
parser.add_argument("--lines", type=int, default=10_000, help="of the stream")
parser.add_argument("--pieces", type=int, default=20, help="of each output")
parser.add_argument("--repeats", type=int, default=3)
args = parser.parse_args()

import ctranslate2, torch
from transformers import MarianMTModel
from tinymt.corpus import read
from tinymt.int8 import convert
from tinymt.marian import new_student, student_config, teacher_config
from tinymt.shortlist import write_shortlist
from tinymt.tokenizer import train_joint
from tinymt.translator import _has_avx512, _load_spm

ONNX = """
import json, sys, time
from optimum.onnxruntime import ORTModelForSeq2SeqLM, ORTQuantizer
from optimum.onnxruntime.configuration import AutoQuantizationConfig
from pathlib import Path
import onnxruntime, torch
folder, out, asked, n, repeats = sys.argv[1], Path(sys.argv[2]), json.load(open(sys.argv[3])), int(sys.argv[4]), int(sys.argv[5])
ORTModelForSeq2SeqLM.from_pretrained(folder, export=True).save_pretrained(out/"float")
for name in sorted(p.name for p in (out/"float").glob("*.onnx")):
    ORTQuantizer.from_pretrained(out/"float", file_name=name).quantize(save_dir=out/"int8", quantization_config=AutoQuantizationConfig.avx512_vnni(is_static=False, per_channel=False))
for p in (out/"float").glob("*.json"): (out/"int8"/p.name).write_bytes(p.read_bytes())
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 2
files = {p.name.split("_quantized")[0].replace("_model", ""): p.name for p in (out/"int8").glob("*.onnx")}
names = {f"{k}_file_name": v for k, v in files.items() if k in ("encoder", "decoder", "decoder_with_past")}
model = ORTModelForSeq2SeqLM.from_pretrained(out/"int8", use_merged=False, use_cache=True, session_options=options, **names)
def batch(rows):
    width = max(map(len, rows)); pad = model.config.pad_token_id
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != pad).long()}
found = {}
for beam in (1, 4):
    run = lambda rows: model.generate(**batch(rows), num_beams=beam, min_new_tokens=n, max_new_tokens=n)
    run(asked[:2])
    begun = time.perf_counter()
    for row in asked: run([row])
    found[f"one by one, beam {beam}"] = len(asked) / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for at in range(0, len(asked), 32): run(asked[at:at + 32])
    found[f"stream, beam {beam}"] = len(asked) / (time.perf_counter() - begun)
print(json.dumps(found))
"""

quiet()
if _has_avx512(): os.environ.setdefault("CT2_FORCE_CPU_ISA", "AVX512")  # read when the first model is loaded
torch.set_num_threads(2)
n, text = args.pieces, read(str(args.corpus))
with tempfile.TemporaryDirectory() as folder:
    hf, plain, listed = (Path(folder)/name for name in ("hf", "plain", "listed"))
    train_joint(text, hf, vocab_size=32_000, hard_vocab_limit=False)
    vocabulary = json.loads((hf/"vocab.json").read_text(encoding="utf-8"))
    new_student(student_config(teacher_config(), d_model=320, encoder_layers=5, decoder_layers=2, attention_heads=8, ffn_dim=1280, vocab_size=len(vocabulary))).save_pretrained(hf)
    for out in (plain, listed): convert(hf, out)
    write_shortlist(listed, text)
    source, _ = _load_spm(plain)
    test = read(str(args.corpus), split="test")["en"][:]
    lines = [(source.encode(test[i % len(test)], out_type=str)[:60] + ["</s>"]) for i in range(args.lines)]
    asked, ids = lines[:args.sentences], [[vocabulary[p] for p in line] for line in lines[:args.sentences]]
    model = MarianMTModel.from_pretrained(hf).eval()
    theirs = ctranslate2.Translator(str(plain))
    ours = {name: ctranslate2.Translator(str(out), intra_threads=1, inter_threads=2) for name, out in (("ours", plain), ("ours with a list", listed))}
    length = dict(min_decoding_length=n, max_decoding_length=n)

    def transformers(row, beam):
        with torch.inference_mode(): model.generate(torch.tensor([row]), num_beams=beam, min_new_tokens=n, max_new_tokens=n, early_stopping=True)

    def stream(name, some, beam):
        some, size = sorted(some, key=len), 1 if "list" in name else 16
        jobs = [ours[name].translate_batch(some[at:at + size], beam_size=beam, asynchronous=True, use_vmap="list" in name, **length) for at in range(0, len(some), size)]
        for job in jobs:
            for one in job: one.result()

    speed, latency = {}, {}
    for beam in (1, 4):
        alone = {"Transformers generate": (ids, lambda row: transformers(row, beam)), "CTranslate2 at its defaults": (asked, lambda row: theirs.translate_batch([row], beam_size=beam, **length)),
                 "ours": (asked, lambda row: ours["ours"].translate_batch([row], beam_size=beam, **length)),
                 "ours with a list": (asked, lambda row: ours["ours with a list"].translate_batch([row], beam_size=beam, use_vmap=True, **length))}
        times = {name: [] for name in alone}
        for _ in range(args.repeats):
            for name, (rows, call) in alone.items():
                for row in rows:
                    begun = time.perf_counter(); call(row)
                    times[name].append(time.perf_counter() - begun)
        speed[f"one by one, beam {beam}"] = {name: len(t) / sum(t) for name, t in times.items()}
        latency[f"beam {beam}"] = {name: {"p50 ms": 1000 * statistics.median(t), "p95 ms": 1000 * statistics.quantiles(t, n=20)[-1]} for name, t in times.items()}
        print(speed, flush=True)
        whole = {"CTranslate2 at its defaults": lambda some: list(theirs.translate_iterable(some, beam_size=beam, **length)), "ours": lambda some: stream("ours", some, beam),
                 "ours with a list": lambda some: stream("ours with a list", some, beam)}
        seconds = dict.fromkeys(whole, 0)
        for at in range(0, len(lines), 1024):  # what `Translator.stream` holds at a time; in turns, so that a slow minute of the machine is everybody's
            for name, call in whole.items():
                begun = time.perf_counter(); call(lines[at:at + 1024])
                seconds[name] += time.perf_counter() - begun
        speed[f"stream, beam {beam}"] = {name: len(lines) / took for name, took in seconds.items()}
        print(speed[f"stream, beam {beam}"], flush=True)
    if args.onnx:
        Path(folder, "ids.json").write_text(json.dumps(ids))
        done = subprocess.run([args.onnx, "-c", ONNX, str(hf), folder, str(Path(folder)/"ids.json"), str(n), "1"], capture_output=True, text=True)
        if done.returncode: print("ONNX Runtime failed:", done.stderr[-600:])
        else:
            for key, value in json.loads(done.stdout.splitlines()[-1]).items(): speed[key]["ONNX Runtime int8"] = value

OURS = ("ours", "ours with a list")
ratios = {f"{key}: {name} / {other}": found[name] / found[other] for key, found in speed.items() for name in OURS for other in found if other != name and other != "ours with a list"}
bars = {"one by one": {"Transformers generate": 25, "CTranslate2 at its defaults": 5}, "stream": {"CTranslate2 at its defaults": 2}}
met = {f"{key}, {bar} times {other}": max(ratios[f"{key}: {name} / {other}"] for name in OURS) >= bar for key in speed for other, bar in bars[key.split(",")[0]].items()}
write(args.results, "engines", {"sentences": args.sentences, "lines": args.lines, "pieces": n, "sentences a second": speed, "latency": latency, "times as fast": ratios, "bars met": met})

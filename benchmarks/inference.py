"""The model that comes with the package, in the hands of those who could run it: how soon, how fast, in how much memory, and whether with the same result.

Transformers and ONNX Runtime get the same weights as floats (`restore`), ONNX Runtime rounds them to int8 again by its own rules. Each engine works in
processes of its own, all engines in turns in every round, two cores, beam 4:
  Transformers          `generate(num_beams=4)` with `MarianTokenizer`, float32; a file in batches of 16, in its order
  ONNX Runtime int8     the same through Optimum, dynamic quantization, in batches of 32. It needs older Transformers and so a Python of its own:
                        `python3.11 -m venv E; E/bin/pip install torch==2.13.0 "optimum-onnx[onnxruntime]" sentencepiece`, then `--onnx E/bin/python`
  CTranslate2           as its documentation calls it: `Translator(folder)`, `translate_batch([pieces])`, `translate_iterable` in batches of 32
  tinymt                `Translator()`: `translate` and `stream`
  tinymt with a list    the same with a shortlist made of the corpus (09_shortlist)
Measured: seconds from starting the process to its first answer (imports included), milliseconds of one sentence (median, 95th percentile), sentences a
second of a file, peak memory (VmHWM), BLEU on the everyday test sentences, and how many of the translations are those of Transformers.
tinymt searches twice as long as CTranslate2 would by itself (PATIENCE in 08_translator). Bar: 8 times as fast as Transformers, one by one and in a file."""
import json, os, shutil, statistics, subprocess, sys, tempfile, time
from pathlib import Path

BEAM = 4


def transformers(folder):
    import torch
    from transformers import MarianMTModel, MarianTokenizer
    torch.set_num_threads(2)
    return _generating(MarianMTModel.from_pretrained(folder).eval(), MarianTokenizer.from_pretrained(folder), 16)


def onnx(folder):
    import onnxruntime
    from optimum.onnxruntime import ORTModelForSeq2SeqLM
    from transformers import MarianTokenizer
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    files = {file.name.removesuffix("_quantized.onnx").removesuffix("_model"): file.name for file in Path(folder).glob("*.onnx")}
    names = {f"{part}_file_name": files[part] for part in ("encoder", "decoder", "decoder_with_past")}
    return _generating(ORTModelForSeq2SeqLM.from_pretrained(folder, use_merged=False, session_options=options, **names), MarianTokenizer.from_pretrained(folder), 32)


def _generating(model, tokenizer, size):
    def batch(texts):
        rows = tokenizer(texts, return_tensors="pt", padding=True)
        return tokenizer.batch_decode(model.generate(**rows, num_beams=BEAM, max_new_tokens=2 * rows.input_ids.shape[1] + 10), skip_special_tokens=True)
    return lambda text: batch([text])[0], lambda texts: [line for at in range(0, len(texts), size) for line in batch(texts[at:at + size])]


def ctranslate2(folder):
    import ctranslate2, sentencepiece
    source, target = (sentencepiece.SentencePieceProcessor(model_file=f"{folder}/{side}.spm") for side in ("source", "target"))
    engine = ctranslate2.Translator(folder)
    def pieces(text): return source.encode(text, out_type=str) + ["</s>"]
    def text_of(result): return target.decode(result.hypotheses[0])
    return (lambda text: text_of(engine.translate_batch([pieces(text)], beam_size=BEAM)[0]),
            lambda texts: [text_of(result) for result in engine.translate_iterable(map(pieces, texts), beam_size=BEAM)])


def tinymt(folder):
    from tinymt.translator import Translator
    engine = Translator(folder, beam_size=BEAM)
    return engine.translate, lambda texts: list(engine.stream(texts))


def work(engine, folder, texts, lines):
    "One process: load, answer, one by one, a file; prints what it measured."
    one, many = globals()[engine](folder)
    print(one("Where is the station?"), flush=True)  # the parent's clock stops here
    texts, took = json.loads(Path(texts).read_text()), []
    for text in texts[:50]:
        begun = time.perf_counter(); one(text)
        took.append(1000 * (time.perf_counter() - begun))
    begun = time.perf_counter(); outputs = many((texts * (int(lines) // len(texts) + 1))[:int(lines)])
    seconds = time.perf_counter() - begun
    peak = next(int(line.split()[1]) / 1000 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({"p50 ms": statistics.median(took), "p95 ms": statistics.quantiles(took, n=20)[-1], "one by one": 1000 * len(took) / sum(took),
                      "stream": int(lines) / seconds, "peak MB": peak, "outputs": outputs[:len(texts)]}))


QUANTIZE = """
import sys
from pathlib import Path
from optimum.onnxruntime import ORTModelForSeq2SeqLM, ORTQuantizer
from optimum.onnxruntime.configuration import AutoQuantizationConfig
hf, out = map(Path, sys.argv[1:])
ORTModelForSeq2SeqLM.from_pretrained(hf, export=True).save_pretrained(out/"float")
for file in sorted((out/"float").glob("*.onnx")):
    ORTQuantizer.from_pretrained(out/"float", file_name=file.name).quantize(save_dir=out/"int8", quantization_config=AutoQuantizationConfig.avx512_vnni(is_static=False, per_channel=False))
for file in (out/"float").glob("*.json"): (out/"int8"/file.name).write_bytes(file.read_bytes())
for name in ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json"): (out/"int8"/name).write_bytes((hf/name).read_bytes())
"""


def main():
    from common import HERE, arguments, quiet, ratio, rounds, write
    parser = arguments(__doc__, run=False)
    parser.add_argument("--corpus", default=str(HERE.parent.parent/"shared/corpora/opus100-standin"), help="folder in the layout of OPUS-100 with rows from Tatoeba")
    parser.add_argument("--onnx", help="a Python that can import optimum.onnxruntime")
    parser.add_argument("--lines", type=int, default=10_000, help="of the file; the two slow engines read a tenth, but all sentences once")
    parser.add_argument("--repeats", type=int, default=3, help="rounds, each with all engines")
    args = parser.parse_args()
    from tinymt.corpus import mix, read
    from tinymt.evaluation import score
    from tinymt.int8 import restore
    from tinymt.shortlist import write_shortlist
    from tinymt.translator import PACKAGED
    quiet()
    def everyday(split): return read(args.corpus, split=split).filter(lambda row: row["source"].startswith("tatoeba"))
    test = everyday("test")
    sources, references = test["en"][:], test["zh"][:]
    with tempfile.TemporaryDirectory() as folder:
        hf, listed, texts = Path(folder)/"hf", Path(folder)/"listed", Path(folder)/"texts.json"
        restore(PACKAGED, hf)
        shutil.copytree(PACKAGED, listed)
        write_shortlist(listed, mix([(everyday("train"), 1), (read("embedded"), 1)]))
        texts.write_text(json.dumps(sources))
        slow = max(args.lines // 10, len(sources))
        engines = {"Transformers": (sys.executable, "transformers", hf, slow), "CTranslate2": (sys.executable, "ctranslate2", PACKAGED, args.lines),
                   "tinymt": (sys.executable, "tinymt", PACKAGED, args.lines), "tinymt with a list": (sys.executable, "tinymt", listed, args.lines)}
        if args.onnx:
            subprocess.run([args.onnx, "-c", QUANTIZE, hf, Path(folder)/"onnx"], check=True, capture_output=True)
            engines["ONNX Runtime int8"] = (args.onnx, "onnx", Path(folder)/"onnx/int8", slow)

        def run(engine):
            python, name, model, lines = engine
            begun = time.perf_counter()
            with subprocess.Popen([python, __file__, "--work", name, str(model), str(texts), str(lines)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "TOKENIZERS_PARALLELISM": "false"}) as process:
                process.stdout.readline()
                started = time.perf_counter() - begun
                return {"seconds to the first answer": started, **json.loads(process.stdout.readline())}
        found = rounds(engines, args.repeats, run)
    theirs, measured = found["Transformers"][0]["outputs"], {}
    for name, each in found.items():
        outputs = each[0].pop("outputs")
        for other in each[1:]: other.pop("outputs")
        measured[name] = {key: statistics.median(one[key] for one in each) for key in each[0]}
        measured[name] |= {"BLEU": score(outputs, references).bleu, "same as Transformers": sum(a == b for a, b in zip(outputs, theirs)) / len(theirs)}
    speeds = {kind: {name: [one[kind] for one in each] for name, each in found.items()} for kind in ("one by one", "stream")}
    ratios = {kind: {f"{ours} / {other}": ratio(speeds[kind], ours, other) for ours in found if "tinymt" in ours for other in found if "tinymt" not in other} for kind in speeds}
    write(args.results, "inference", {"sentences": len(sources), "lines": {name: lines for name, (_, _, _, lines) in engines.items()}, "repeats": args.repeats, "beam": BEAM, "engines": measured, "ratio": ratios,
        "rounds": found, "bar": {"ratio": 8, "met": {f"{kind}: {pair}": times >= 8 for kind, pairs in ratios.items() for pair, times in pairs.items() if pair.endswith("Transformers")}}})


if __name__ == "__main__": work(*sys.argv[2:]) if sys.argv[1:2] == ["--work"] else main()

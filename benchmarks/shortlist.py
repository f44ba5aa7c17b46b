"""Lexical shortlists: where the candidates come from, what a short list costs in quality, and what it brings in speed.

recall   pieces of unseen reference translations that stand on the list, for candidates from Dice's coefficient, from the aligner eflomal (in a Python
         of its own, since it has to be compiled: `python3.11 -m venv E; E/bin/pip install cython numpy eflomal; --eflomal E/bin/python`), and from the
         cross-attention of the packaged model while it translates the training sentences
quality  BLEU, numbers kept and equal translations of the packaged model with lists of several lengths, against the whole vocabulary, greedy and with a
         beam of four; beside it the share of the whole vocabulary's translations that could be written with the list
speed    the article's shape with 32,001 pieces, random weights, every output as long as its reference; CPU time of one thread, one sentence at a time;
         and a stream of sentences over all workers, by the clock
Bar: 2.5 times as fast with a list, BLEU within 0.1, numbers unchanged."""
import inspect, json, shutil, statistics, subprocess, tempfile, time
from collections import Counter
from pathlib import Path

from common import HERE, arguments, quiet, ratio, rounds, write

parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", type=Path, default=HERE.parent.parent/"shared/corpora/opus100-standin", help="folder in the layout of OPUS-100 with rows from Tatoeba")
parser.add_argument("--eflomal", help="a Python that can import eflomal")
parser.add_argument("--sentences", type=int, default=100, help="for the speed")
parser.add_argument("--repeats", type=int, default=5, help="rounds of the speed")
args = parser.parse_args()

import torch
from tinymt import robustness
from tinymt.augmentation import coffee, money, money_test, travel
from tinymt.corpus import mix, read, unlike
from tinymt.evaluation import numbers_kept, paired_bootstrap, score
from tinymt.int8 import convert
from tinymt.marian import new_student, student_config, teacher_config
from tinymt.shortlist import _strongest, always_kept, association, candidates, read_shortlist, write_shortlist
from tinymt.tokenizer import train_joint
from tinymt.translator import PACKAGED, Translator

quiet()
torch.set_num_threads(1)
everyday = lambda split: read(str(args.corpus), split=split).filter(lambda source: source.startswith("tatoeba"), input_columns="source")
held_out, test = everyday("validation"), everyday("test")
generated = [(coffee(repeat=1), 1), (travel(repeat=1), 1), (money(num_examples=4000, repeat=1), 1), (robustness.everyday(), 1)]  # as the model was trained
rows = mix([(unlike(mix([(everyday("train"), 1), (read("embedded"), 1)]), [*held_out["en"], *test["en"]]), 1), *generated])
model = Translator(PACKAGED)
pieces = json.loads((PACKAGED/"shared_vocabulary.json").read_text(encoding="utf-8"))
ids = {piece: i for i, piece in enumerate(pieces)}
sources, targets = model.source.encode(rows["en"][:], out_type=str), model.target.encode(rows["zh"][:], out_type=str)
print(f"{len(rows):,} rows", flush=True)


def ranked(links): # counts of (source piece, target piece) as `association` gives its pairs
    a, b = torch.tensor([(ids[s], ids[t]) for s, t in links]).T
    return a, b, torch.tensor([float(n) for n in links.values()])


def dice(): return association(sources, targets, ids)[0]


def eflomal():
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in (("s", sources), ("t", targets)): Path(folder, name).write_text("\n".join(" ".join(line) for line in lines) + "\n", encoding="utf-8")
        subprocess.run([args.eflomal, "-c", "import eflomal; eflomal.Aligner().align(open('s', encoding='utf-8'), open('t', encoding='utf-8'), links_filename_fwd='links', quiet=True)"],
                       cwd=folder, check=True)
        links = Counter()
        for source, target, line in zip(sources, targets, Path(folder, "links").read_text().splitlines()):
            links.update((source[int(i)], target[int(j)]) for i, j in (link.split("-") for link in line.split()))
    return ranked(links)


def cross_attention():
    links = Counter()
    for at in range(0, len(sources), 256):
        batch = [source + ["</s>"] for source in sources[at:at + 256]]
        for source, found in zip(batch, model.engine.translate_batch(batch, beam_size=1, return_attention=True, max_decoding_length=100, max_batch_size=32)):
            links.update((source[max(range(len(source)), key=weights.__getitem__)], piece) for piece, weights in zip(found.hypotheses[0], found.attention[0]))
    return ranked(links)


counts = Counter(piece for target in targets for piece in set(target))
fixed = {*always_kept(pieces), *(piece for piece, _ in counts.most_common(400))}
unseen = list(zip(model.source.encode(held_out["en"][:], out_type=str), model.target.encode(held_out["zh"][:], out_type=str)))
recall, seconds = {}, {}
for name, make in {"Dice's coefficient": dice, **({"eflomal": eflomal} if args.eflomal else {}), "cross-attention": cross_attention}.items():
    begun = time.perf_counter()
    pairs = make()
    seconds[name], recall[name] = time.perf_counter() - begun, []
    for per_piece in (10, 20, 40, 80, 160):
        best = {pieces[s]: [pieces[t] for t in found] for s, found in _strongest(pairs, per_piece).items()}
        lists = [candidates({"": fixed, **best}, source) | set(source) for source, _ in unseen]
        recall[name].append({"per_piece": per_piece, "candidates": statistics.mean(map(len, lists)),
                             "recall": sum(p in mine for mine, (_, target) in zip(lists, unseen) for p in target) / sum(len(target) for _, target in unseen)})
    print(name, f"{seconds[name]:.1f} s", [(round(p["candidates"]), round(p["recall"], 3)) for p in recall[name]], flush=True)

english, references, amounts, quality = test["en"][:], test["zh"][:], money_test(1000)["en"][:], []
default = inspect.signature(write_shortlist).parameters["per_piece"].default
cut = [model.source.encode(en, out_type=str) for en in english]
with tempfile.TemporaryDirectory() as folder:
    small = Path(shutil.copytree(PACKAGED, Path(folder)/"small"))
    for beam in (1, 4):
        whole = Translator(PACKAGED, beam_size=beam).translate_batch(english)
        needed = [set(model.target.encode(zh, out_type=str)) for zh in whole]
        for per_piece in (None, 20, 40, 80, 160, 320, 640):
            if per_piece: file = write_shortlist(small, rows, per_piece=per_piece)
            listed = Translator(small if per_piece else PACKAGED, beam_size=beam)
            outputs, short = listed.translate_batch(english), read_shortlist(small) if per_piece else {"": pieces}
            lists = [candidates(short, source) for source in cut]
            quality.append({"beam": beam, "per_piece": per_piece, "candidates": statistics.mean(map(len, lists)), "bytes": file.stat().st_size if per_piece else 0,
                            "BLEU": score(outputs, references).bleu, "numbers": numbers_kept(amounts, listed.translate_batch(amounts)),
                            "on the list": sum(n <= l for n, l in zip(needed, lists)) / len(test), "same": sum(x == y for x, y in zip(outputs, whole)) / len(test),
                            "p": paired_bootstrap(whole, outputs, references).p_value if per_piece else None})
            print(quality[-1], flush=True)
    write_shortlist(small, rows)
    some, listed = english[:args.sentences], Translator(small, workers=1)
    alone = Translator(PACKAGED, workers=1)
    def cpu(call):
        begun = time.process_time(); call()
        return time.process_time() - begun
    figures = {"packaged": rounds({"list": lambda: [listed.translate(t) for t in some], "whole": lambda: [alone.translate(t) for t in some]}, args.repeats, cpu)}

    print("the article's shape", flush=True)
    text, big = read(str(args.corpus)), Path(folder)/"big"
    train_joint(text, Path(folder)/"hf", vocab_size=32_000, hard_vocab_limit=False)
    size = len(json.loads((Path(folder)/"hf/vocab.json").read_text(encoding="utf-8")))
    shape = student_config(teacher_config(), d_model=320, encoder_layers=5, decoder_layers=2, attention_heads=8, ffn_dim=1280, vocab_size=size)
    new_student(shape).save_pretrained(Path(folder)/"hf")
    convert(Path(folder)/"hf", big)
    write_shortlist(big, text)
    import ctranslate2
    from tinymt.translator import _load_spm
    source, target = _load_spm(big)
    asked = read(str(args.corpus), split="test").select(range(args.sentences))
    work = [(source.encode(en, out_type=str)[:100] + ["</s>"], max(1, len(target.encode(zh)[:100]))) for en, zh in zip(asked["en"], asked["zh"])]
    short = read_shortlist(big)
    listed_size = statistics.mean(len(candidates(short, s)) for s, _ in work)
    one, both = ctranslate2.Translator(str(big), intra_threads=1), ctranslate2.Translator(str(big), intra_threads=1, inter_threads=2)
    def one_by_one(**options):
        for s, n in work: one.translate_batch([s], min_decoding_length=n, max_decoding_length=n, **options)
    def stream(size, **options):
        order = sorted(work, key=lambda w: len(w[0]))
        jobs = [both.translate_batch([s for s, _ in order[at:at + size]], min_decoding_length=n, max_decoding_length=n, asynchronous=True, **options)
                for at in range(0, len(order), size) for n in [max(n for _, n in order[at:at + size])]]
        for job in jobs: job[0].result()
    for beam in (1, 4):
        figures[f"article's shape, beam {beam}"] = rounds({"list": lambda: one_by_one(beam_size=beam, use_vmap=True), "whole": lambda: one_by_one(beam_size=beam)}, args.repeats, cpu)
        figures[f"article's shape, beam {beam}, two workers"] = rounds({"list": lambda: stream(1, beam_size=beam, use_vmap=True), "whole": lambda: stream(16, beam_size=beam)}, args.repeats)

speed = {name: {"times as fast": ratio(f, "whole", "list"), "sentences a second": {k: args.sentences / statistics.median(v) for k, v in f.items()}} for name, f in figures.items()}
chosen = [(next(q for q in quality if (q["beam"], q["per_piece"]) == (beam, None)), next(q for q in quality if (q["beam"], q["per_piece"]) == (beam, default))) for beam in (1, 4)]
write(args.results, "shortlist", {"rows": len(rows), "recall": recall, "seconds": seconds, "quality": quality, "default": default, "speed": speed, "vocabulary": {"packaged": len(pieces), "article's shape": size},
    "candidates, article's shape": listed_size, "bar": {"2.5 times": min(v["times as fast"] for k, v in speed.items() if "beam" in k and "workers" not in k) >= 2.5,
    **{f"BLEU within 0.1, beam {full['beam']}": listed["BLEU"] >= full["BLEU"] - 0.1 for full, listed in chosen}, "numbers unchanged": all(listed["numbers"] >= full["numbers"] for full, listed in chosen)}, "rounds": figures})

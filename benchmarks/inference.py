"""Sentences per second: int8 in CTranslate2 (tinymt's `Translator`) against Transformers `generate`, float32, on the same weights.

All contestants: beam 4, at most 2·n+10 pieces for a source of n pieces, the same 300 test sentences, two threads (`torch.set_num_threads(2)`;
two CTranslate2 workers of one thread each). Transformers runs as `HFTranslator` (num_beams=4, early_stopping=True, key-value cache, sentences
sorted by length, length_penalty=1) at several batch sizes, and as a user would write it: `MarianTokenizer`, batches of 16 in the given order,
`generate(num_beams=4)` with its default early_stopping=False. "one by one" calls with a single sentence, again and again.
`Translator` searches longer than CTranslate2 does by itself (patience=2, see 08_translator); "patience 1" is CTranslate2's own rule, which stops
when four hypotheses have ended, and `early_stopping=True` is the same rule in Transformers.
Bar: 8 times the sentences per second; reported against the best that Transformers does, against the plain call, at equal stopping rules, and
one by one."""
import statistics

from common import arguments, need, quiet, ratio, rounds, write

parser = arguments(__doc__)
parser.add_argument("--sentences", type=int, default=300, help="how many of the test sentences")
parser.add_argument("--repeats", type=int, default=5, help="rounds, each with all contestants")
parser.add_argument("--threads", type=int, default=2, help="threads for either engine")
args = parser.parse_args()

import torch
from transformers import MarianMTModel, MarianTokenizer

from tinymt import translator as settings
from tinymt.corpus import read
from tinymt.translator import HFTranslator, Translator

quiet()
torch.set_num_threads(args.threads)
stage7, int8 = need(args.run, "stage7", "stage8")
sources = read("embedded", split="test").select(range(args.sentences))["en"][:]
ours, slow = Translator(int8, beam_size=4, workers=args.threads), HFTranslator(stage7, beam_size=4)
model, tokenizer = MarianMTModel.from_pretrained(stage7).eval(), MarianTokenizer.from_pretrained(stage7)


def transformers_sorted(size):
    slow.batch_size = size
    return slow.translate_batch(sources)


def patience_1():
    kept, settings.PATIENCE = settings.PATIENCE, 1
    ours.translate_batch(sources)
    settings.PATIENCE = kept


def transformers_plain(size=16, **rule):
    texts = []
    for at in range(0, len(sources), size):
        batch = tokenizer(sources[at:at + size], return_tensors="pt", padding=True)
        with torch.inference_mode(): out = model.generate(**batch, num_beams=4, max_new_tokens=2 * batch.input_ids.shape[1] + 10, **rule)
        texts += tokenizer.batch_decode(out, skip_special_tokens=True)
    return texts


contestants = {
    "tinymt int8, all at once": lambda: ours.translate_batch(sources),
    "tinymt int8, patience 1": patience_1,
    "tinymt int8, one by one": lambda: [ours.translate(text) for text in sources],
    "transformers, sorted, batch 64": lambda: transformers_sorted(64),
    "transformers, sorted, batch 16": lambda: transformers_sorted(16),
    "transformers, plain generate, batch 16": transformers_plain,
    "transformers, early_stopping=True, batch 16": lambda: transformers_plain(early_stopping=True),
    "transformers, one by one": lambda: [slow.translate(text) for text in sources]}
for call in contestants.values(): outputs = call()                # once unmeasured: pages, caches, threads
seconds = rounds(contestants, args.repeats)
speed = {name: len(sources) / statistics.median(s) for name, s in seconds.items()}
best = max((name for name in speed if name.startswith("transformers")), key=speed.get)
found = {"sentences": len(sources), "threads": args.threads, "repeats": args.repeats, "source_pieces_mean": statistics.mean(len(ours.source.encode(t)) for t in sources),
         "sentences_per_second": speed, "best of transformers": best,
         "ratio": {f"all at once / {best}": ratio(seconds, best, "tinymt int8, all at once"),
                   "all at once / plain generate, batch 16": ratio(seconds, "transformers, plain generate, batch 16", "tinymt int8, all at once"),
                   "patience 1 / early_stopping=True": ratio(seconds, "transformers, early_stopping=True, batch 16", "tinymt int8, patience 1"),
                   "one by one / one by one": ratio(seconds, "transformers, one by one", "tinymt int8, one by one")},
         "rounds": seconds}
found["bar"] = {"ratio": 8, "met": {name: r >= 8 for name, r in found["ratio"].items()}}
write(args.results, "inference", found)

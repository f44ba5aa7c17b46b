"""Do CTranslate2 and Transformers give the same text? The final model, 300 embedded test sentences that no stage has read.

Both go through tinymt's translators: the same pieces, the same limit of 2·n+10 pieces, no <pad> and no <unk>. Bar: float32, greedy, 99 % identical."""
import tempfile

from common import arguments, need, quiet, write

parser = arguments(__doc__)
parser.add_argument("--sentences", type=int, default=300, help="how many of the test sentences")
args = parser.parse_args()

from tinymt.corpus import read
from tinymt.evaluation import score
from tinymt.int8 import check_pad, convert
from tinymt.translator import HFTranslator, Translator

quiet()
stage7, int8 = need(args.run, "stage7", "stage8")
test = read("embedded", split="test").select(range(args.sentences))
sources, references = test["en"][:], test["zh"][:]
found = {"sentences": len(sources), "pad_norm": check_pad(stage7)}
with tempfile.TemporaryDirectory() as folder:
    float32 = convert(stage7, folder + "/float32", quantization="float32")
    for search, beam in (("greedy", 1), ("beam 4", 4)):
        reference = HFTranslator(stage7, beam_size=beam).translate_batch(sources)
        found[search] = {"BLEU, Transformers": score(reference, references).bleu}
        for name, model in (("float32", float32), ("int8", int8)):
            outputs = Translator(model, beam_size=beam).translate_batch(sources)
            same = sum(a == b for a, b in zip(reference, outputs))
            found[search][name] = {"identical": same, "share": same / len(sources), "BLEU": score(outputs, references).bleu}
            if search == "greedy": found.setdefault("differences", {})[name] = [
                {"en": e, "transformers": a, "ctranslate2": b} for e, a, b in zip(sources, reference, outputs) if a != b][:20]
found["bar"] = {"share": 0.99, "met": found["greedy"]["float32"]["share"] >= 0.99}
write(args.results, "parity", found)

"""Do CTranslate2 and Transformers give the same text? The packaged model, 300 embedded test sentences.

Both go through tinymt's translators: the same pieces, the same limit of 2·n+10 pieces, no <pad> and no <unk>. Bar: float32, greedy, 99 % identical."""
import tempfile

from common import arguments, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--sentences", type=int, default=300, help="how many of the test sentences")
args = parser.parse_args()

from tinymt.corpus import read
from tinymt.evaluation import score
from tinymt.int8 import check_pad, convert, restore
from tinymt.translator import PACKAGED, HFTranslator, Translator

quiet()
test = read("embedded", split="test").select(range(args.sentences))
sources, references = test["en"][:], test["zh"][:]
with tempfile.TemporaryDirectory() as folder:
    floats = restore(PACKAGED, folder + "/hf")
    found = {"sentences": len(sources), "pad_norm": check_pad(floats)}
    float32 = convert(floats, folder + "/float32", quantization="float32")
    for search, beam in (("greedy", 1), ("beam 4", 4)):
        reference = HFTranslator(floats, beam_size=beam).translate_batch(sources)
        found[search] = {"BLEU, Transformers": score(reference, references).bleu}
        for name, model in (("float32", float32), ("int8", PACKAGED)):
            outputs = Translator(model, beam_size=beam).translate_batch(sources)
            same = sum(a == b for a, b in zip(reference, outputs))
            found[search][name] = {"identical": same, "share": same / len(sources), "BLEU": score(outputs, references).bleu}
            if search == "greedy": found.setdefault("differences", {})[name] = [
                {"en": e, "transformers": a, "ctranslate2": b} for e, a, b in zip(sources, reference, outputs) if a != b][:20]
found["bar"] = {"share": 0.99, "met": found["greedy"]["float32"]["share"] >= 0.99}
write(args.results, "parity", found)

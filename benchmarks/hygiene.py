"""What is wrong with a real teacher's labels, and what mending them is worth: the outputs of opus-mt on public test sets, with references.

12_robustness shows the table. Used: .venv/bin/python benchmarks/hygiene.py --teacher-outputs FOLDER, with SET.en, SET.opusmt.zh and SET.zh, a sentence a line."""
from collections import Counter
from pathlib import Path

from common import HERE, arguments, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--teacher-outputs", type=Path, default=HERE.parent.parent/"shared/teacher-outputs/en-zh", help="folder with the test sets")
args = parser.parse_args()

from datasets import Dataset

from tinymt.evaluation import score
from tinymt.robustness import clean_labels, label_defects

quiet()
rows = []
for file in sorted(args.teacher_outputs.glob("*.opusmt.zh")):
    name = file.name.removesuffix(".opusmt.zh")
    read = lambda end: (args.teacher_outputs/f"{name}.{end}").read_text(encoding="utf-8").splitlines()
    en, zh = read("en"), read("opusmt.zh")
    counts, labels = Counter(defect for pair in zip(en, zh) for defect in label_defects(*pair)), Dataset.from_dict({"en": en, "zh": zh, "source": list(map(str, range(len(en))))})
    cleaned = clean_labels(labels)
    row = {"set": name, "sentences": len(en), **{f"{defect}, %": 100 * counts[defect] / len(en) for defect in ("marks", "spaces", "thousands", "tail lost", "circles")}, "dropped, %": 100 * (1 - len(cleaned) / len(en))}
    if (args.teacher_outputs/f"{name}.zh").is_file():
        references, kept = read("zh"), [int(at) for at in cleaned["source"]]
        row |= {"BLEU as written": score([zh[i] for i in kept], [references[i] for i in kept]).bleu, "BLEU mended": score(cleaned["zh"][:], [references[i] for i in kept]).bleu}
    rows.append(row)
    print(row)
write(args.results, "hygiene", {"rows": rows})

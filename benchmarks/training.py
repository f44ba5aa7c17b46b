"""Pairs per second of a training: tinymt's `distill` against a plain Transformers `Seq2SeqTrainer` set as the article's command lines.

The same model and initial weights, the same rows (each read once, in one epoch, so that the work is the same), the same effective batch of 32,
the same number of optimizer steps, pure cross-entropy, float32. They differ in how the 32 pairs are fed:
  tinymt                 one batch of 32, grouped by length, padded to the longest of the batch
  article, dynamic       4 pairs × 8 accumulations, random order, padded to the longest of the four (DataCollatorForSeq2Seq's default)
  article, fixed 128     the same, every pair padded to max_length=128; the article does not say how its script pads
Shapes: that of the run's stage 5, and the article's (320 wide, 5+2 layers, 32,001 pieces) with the run's tokenizer and fillers, so that the
output layer is as large as the article's. The time is the Trainer's `train_runtime`, in which either
saves one checkpoint at the end. Bar: 3 times."""
import json, statistics, tempfile
from pathlib import Path

from common import arguments, need, quiet, ratio, rounds, write

parser = arguments(__doc__)
parser.add_argument("--shapes", nargs="+", default=["smoke", "article"], choices=["smoke", "article"], help="which models")
parser.add_argument("--steps", type=int, nargs="+", default=[48, 12], help="optimizer steps of a training, for each shape")
parser.add_argument("--repeats", type=int, default=3, help="rounds, each with all contestants")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()

import torch
from transformers import DataCollatorForSeq2Seq, MarianConfig, PrinterCallback, Seq2SeqTrainer, Seq2SeqTrainingArguments

from tinymt.corpus import mix, read
from tinymt.marian import new_student, parameters, student_config, teacher_config
from tinymt.tokenizer import encode, load_tokenizer
from tinymt.training import Hyperparameters, distill

quiet()
torch.set_num_threads(args.threads)
data, joint, stage5 = need(args.run, "data", "joint", "stage5")
tokenizer = load_tokenizer(joint)
rows = encode(mix([(read("embedded"), 1), *((read(str(data/f"{name}.csv")), 1) for name in ("coffee", "travel"))]), tokenizer)
held_out = encode(read("embedded", split="validation").select(range(2)), tokenizer)


def config(shape):
    if shape == "smoke": return MarianConfig.from_pretrained(stage5)
    found = student_config(teacher_config(), d_model=320, encoder_layers=5, decoder_layers=2, attention_heads=8, ffn_dim=1280, vocab_size=32_001)
    return found


def tokenizer_of(shape):
    "The run's tokenizer; for the article's shape with fillers up to its 32,000 pieces, which never occur."
    if shape == "smoke": return tokenizer
    folder = Path(tempfile.mkdtemp())
    for file in joint.iterdir(): (folder/file.name).write_bytes(file.read_bytes())
    pieces = [piece for piece in json.loads((joint/"vocab.json").read_text(encoding="utf-8")) if piece != "<pad>"]
    pieces += [f"filler{i}" for i in range(32_000 - len(pieces))] + ["<pad>"]
    (folder/"vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}), encoding="utf-8")
    return load_tokenizer(folder)


def tinymt(shape, train):
    "Pairs per second of `distill`. It must evaluate once, at the end: two sentences, of which max_length=2 lets it write one piece."
    with tempfile.TemporaryDirectory() as out:
        hyper = Hyperparameters(learning_rate=3e-4, warmup_steps=0, num_train_epochs=1, eval_steps=10**6, save_steps=10**6, max_length=2)
        return len(train) / distill(new_student(config(shape)), tokenizer_of(shape), train, held_out, out, hyper, progress=False)["seconds"]


def plain(shape, train, **padding):
    "Pairs per second of a `Seq2SeqTrainer` with the article's flags, less --fp16, which needs a GPU."
    model, tokenizer = new_student(config(shape)), tokenizer_of(shape)
    with tempfile.TemporaryDirectory() as out:
        settings = Seq2SeqTrainingArguments(out, num_train_epochs=1, learning_rate=3e-4, warmup_steps=0, per_device_train_batch_size=4,
            gradient_accumulation_steps=8, logging_steps=50, save_steps=10**6, report_to=[], disable_tqdm=True, dataloader_pin_memory=False, use_cpu=True)
        trainer = Seq2SeqTrainer(model=model, args=settings, train_dataset=train, processing_class=tokenizer,
                                 data_collator=DataCollatorForSeq2Seq(tokenizer, model=model, **padding))
        trainer.remove_callback(PrinterCallback)
        return len(train) / trainer.train().metrics["train_runtime"]


found = {"effective_batch": 32, "threads": args.threads, "repeats": args.repeats, "shapes": {}}
for shape, steps in zip(args.shapes, args.steps):
    train = rows.select(range(32 * steps))
    contestants = {"tinymt": lambda rows: tinymt(shape, rows), "article, dynamic": lambda rows: plain(shape, rows),
                   "article, fixed 128": lambda rows: plain(shape, rows, padding="max_length", max_length=128)}
    for call in contestants.values(): call(train.select(range(32)))            # one step unmeasured
    speeds = rounds(contestants, args.repeats, lambda call: call(train))
    found["shapes"][shape] = {
        "d_model": config(shape).d_model, "parameters": parameters(config(shape))["total"], "vocab_size": config(shape).vocab_size, "steps": steps, "pairs": len(train),
        "pieces_mean": {side: statistics.mean(map(len, train[side][:])) for side in ("input_ids", "labels")},
        "pairs_per_second": {name: statistics.median(s) for name, s in speeds.items()},
        "ratio": {name: ratio(speeds, "tinymt", name) for name in contestants if name != "tinymt"}, "rounds": speeds}
found["bar"] = {"ratio": 3, "met": {f"{shape}, {name}": r >= 3 for shape, f in found["shapes"].items() for name, r in f["ratio"].items()}}
write(args.results, "training", found)

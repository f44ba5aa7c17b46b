"""Pairs per second of a training: tinymt's `distill` against a plain Transformers `Seq2SeqTrainer` set as the article's command lines.

The same model and initial weights, the same rows (so that the work is the same), the same effective batch of 32, the same number of optimizer steps.
They differ in how the 32 pairs are fed, and in the precision: the article's --fp16 needs a GPU, so its loop computes in float32 here, and `distill`
in what `precision()` finds for the machine.
  tinymt                    one batch of 32, grouped by length, padded to the longest of the batch
  article                   4 pairs × 8 accumulations, random order, padded to the longest of the four (DataCollatorForSeq2Seq's default)
  article, padded to 128    the same, every pair padded to max_length=128; the article does not say how its script pads
and with half of the loss from a teacher, twice as wide and over the same vocabulary, in two epochs:
  … asks a teacher          in every epoch anew
  … reads a teacher         whose answers `soft_labels` has written down first; that is part of the time
Shapes: that of the run's stage 5, and the article's (320 wide, 5+2 layers, 32,001 pieces) with the run's tokenizer and fillers, so that the
output layer is as large as the article's. The time is the Trainer's `train_runtime`, in which either saves one checkpoint at the end. `distill` lets
the process keep its memory (`keep_memory`), the article's loop does not. The peak of the memory is the process's, set back before each training.
Bar: 4 times."""
import ctypes, json, statistics, tempfile, time
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
from tinymt.distillation import distillation_loss
from tinymt.marian import new_student, parameters, student_config, teacher_config
from tinymt.soft_labels import SoftCollator, soft_labels
from tinymt.tokenizer import encode, load_tokenizer
from tinymt.training import Hyperparameters, ShuffledLengthSampler, distill, precision

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


def teacher_of(shape):
    "A teacher twice as wide as the student, over its vocabulary; random weights take as long as trained ones."
    mine = config(shape)
    return new_student(student_config(teacher_config(), d_model=2 * mine.d_model, encoder_layers=6, decoder_layers=6, attention_heads=8, ffn_dim=2 * mine.encoder_ffn_dim, vocab_size=mine.vocab_size))


def tinymt(shape, train, teacher=None, written=False):
    "Pairs per second of `distill`. It must evaluate once, at the end: two sentences, of which max_length=2 lets it write one piece."
    tokenizer, begun, collate = tokenizer_of(shape), time.perf_counter(), {}
    with tempfile.TemporaryDirectory() as out:
        hyper = Hyperparameters(learning_rate=3e-4, warmup_steps=0, num_train_epochs=2 if teacher else 1, alpha_ce=0.5 if teacher else 1, eval_steps=10**6, save_steps=10**6, max_length=2)
        if written: train, teacher, collate = soft_labels(train, teacher, tokenizer, f"{out}/asked.arrow"), None, {"collate": SoftCollator}
        asking = time.perf_counter() - begun if written else 0
        seconds = distill(new_student(config(shape)), tokenizer, train, held_out, out, hyper, teacher, progress=False, **collate)["seconds"]
    return hyper.num_train_epochs * len(train) / (asking + seconds)


class Asking(Seq2SeqTrainer):
    "The article's loss, as its section 7 gives it."
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels, outputs = inputs["labels"], model(**{k: v for k, v in inputs.items() if k != "labels"})
        with torch.no_grad(): soft = self.teacher(**{k: v for k, v in inputs.items() if k != "labels"}).logits
        loss = distillation_loss(outputs.logits, labels, soft, 0.5)
        return (loss, outputs) if return_outputs else loss


def plain(shape, train, teacher=None, **padding):
    "Pairs per second of a `Seq2SeqTrainer` with the article's flags, less --fp16, which needs a GPU."
    model, tokenizer = new_student(config(shape)), tokenizer_of(shape)
    for parameter, size in ((-1, 2**26), (-3, 2**25)): ctypes.CDLL(None).mallopt(parameter, size)  # what `distill` has changed, back to where glibc's own tuning ends
    with tempfile.TemporaryDirectory() as out:
        settings = Seq2SeqTrainingArguments(out, num_train_epochs=2 if teacher else 1, learning_rate=3e-4, warmup_steps=0, per_device_train_batch_size=4,
            gradient_accumulation_steps=8, logging_steps=50, save_steps=10**6, report_to=[], disable_tqdm=True, dataloader_pin_memory=False, use_cpu=True)
        trainer = (Asking if teacher else Seq2SeqTrainer)(model=model, args=settings, train_dataset=train, processing_class=tokenizer,
                                 data_collator=DataCollatorForSeq2Seq(tokenizer, model=model, **padding))
        trainer.teacher = teacher and teacher.eval()
        trainer.remove_callback(PrinterCallback)
        return settings.num_train_epochs * len(train) / trainer.train().metrics["train_runtime"]


def padding(train, order, size, to=None):
    "The share of padding in batches of `size` rows."
    lengths = [(len(row["input_ids"]), len(row["labels"])) for row in train]
    batches = [[lengths[i] for i in order[at:at + size]] for at in range(0, len(order), size)]
    places = sum(2 * to * len(batch) if to else len(batch) * sum(map(max, zip(*batch))) for batch in batches)
    return 1 - sum(map(sum, lengths)) / places


def peak(call):
    "What `call` returns, and the most memory of the process meanwhile, in bytes."
    Path("/proc/self/clear_refs").write_text("5")
    result = call()
    return result, next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))


found = {"effective_batch": 32, "threads": args.threads, "repeats": args.repeats, "shapes": {}}
for shape, steps in zip(args.shapes, args.steps):
    train = rows.select(range(32 * steps))
    teacher, fixed = teacher_of(shape), dict(padding="max_length", max_length=128)
    contestants = {"tinymt": lambda rows: tinymt(shape, rows), "article": lambda rows: plain(shape, rows), "article, padded to 128": lambda rows: plain(shape, rows, **fixed),
                   "tinymt asks a teacher": lambda rows: tinymt(shape, rows, teacher), "tinymt reads a teacher": lambda rows: tinymt(shape, rows, teacher, written=True),
                   "article asks a teacher": lambda rows: plain(shape, rows, teacher)}
    memory = {name: peak(lambda: call(train.select(range(64))))[1] for name, call in contestants.items()}            # unmeasured in time
    speeds = rounds(contestants, args.repeats, lambda call: call(train))
    at_random, alike = torch.randperm(len(train)).tolist(), list(ShuffledLengthSampler(32, lengths=[len(ids) for ids in train["input_ids"]], seed=42))
    fills = {"tinymt": padding(train, alike, 32), "article": padding(train, at_random, 4), "article, padded to 128": padding(train, at_random, 4, 128)}
    pairs = [("tinymt", "article"), ("tinymt", "article, padded to 128"), ("tinymt asks a teacher", "article asks a teacher"), ("tinymt reads a teacher", "article asks a teacher")]
    found["shapes"][shape] = {
        "d_model": config(shape).d_model, "parameters": parameters(config(shape))["total"], "teacher_parameters": parameters(teacher.config)["total"], "vocab_size": config(shape).vocab_size, "steps": steps, "pairs": len(train),
        "pieces_mean": {side: statistics.mean(map(len, train[side][:])) for side in ("input_ids", "labels")},
        "pairs_per_second": {name: statistics.median(s) for name, s in speeds.items()}, "peak_bytes": memory,
        "padding": {name: fills[next(known for known in sorted(fills, key=len, reverse=True) if name.startswith(known))] for name in contestants},
        "ratio": {f"{one} against {other}": ratio(speeds, one, other) for one, other in pairs}, "rounds": speeds}
found["precision"] = {"tinymt": next(iter(precision()), "float32"), "article": "float32"}
found["bar"] = {"ratio": 4, "met": {f"{shape}, {name}": r >= 4 for shape, f in found["shapes"].items() for name, r in f["ratio"].items()}}
write(args.results, "training", found)

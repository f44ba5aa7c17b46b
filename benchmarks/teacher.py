"""What a trained teacher says next, and which of its decoder layers are worth keeping. Plotted in 01_distillation and 05_layer_mapping.

The teacher of scale `smoke` is too small to be almost right, and has three decoder layers. This one has six, like the article's, and reads the
everyday sentences of the stand-in corpus (Tatoeba), the embedded corpus and the generated rows: about forty minutes of one core, resumed
after a cut. Then, on sentences it has not read:
- its logits for the next piece after a few beginnings, the whole vocabulary;
- students of two decoder layers, filled by name and by several layer maps, or left random: cross-entropy on the held-out sentences at once and
  after a short training, with three seeds each (of the new weights and of the order)."""
import os
from dataclasses import asdict, replace
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the program sets it
from common import HERE, arguments, quiet, write

parser = arguments(__doc__, run=False)
parser.add_argument("--corpus", default=str(HERE.parent.parent/"shared/corpora/opus100-standin"), help="folder in the layout of OPUS-100")
parser.add_argument("--output-dir", type=Path, default=HERE.parent/"outputs/benchmark-teacher", help="where the teacher and its checkpoints go")
parser.add_argument("--epochs", type=float, default=8, help="of the teacher")
parser.add_argument("--steps", type=int, nargs="+", default=[50, 200], help="after how many steps the students are measured")
args = parser.parse_args()

import torch
from transformers import DataCollatorForSeq2Seq
from tinymt.augmentation import coffee, money, travel
from tinymt.build import build, read_json
from tinymt.corpus import audit, correct, corrections, mix, read
from tinymt.distillation import cross_entropy
from tinymt.evaluation import score
from tinymt.layer_mapping import init_from_teacher
from tinymt.marian import load_model, new_student, student_config, teacher_config
from tinymt.recipe import Shape
from tinymt.tokenizer import encode, load_tokenizer, train_separate
from tinymt.training import Hyperparameters, ShuffledLengthSampler, distill
from tinymt.translator import HFTranslator

quiet()
SHAPE, VOCAB = Shape(d_model=160, encoder_layers=3, decoder_layers=6, attention_heads=4, ffn_dim=640), 8000
HYPER = Hyperparameters(learning_rate=8e-4, warmup_steps=800, num_train_epochs=args.epochs, eval_steps=4000, save_steps=500)
MAPS = {"0,5": (0, 5), "0,1": (0, 1), "4,5": (4, 5), "2,3": (2, 3), "5,0": (5, 0), "decoder random": None, "all random": "random"}
BEGINNINGS = [("give me a cup of latte", "给我一杯"), ("I drink coffee every morning.", "我每天早上"), ("Tom bought a new car.", "汤姆买了一辆")]


def everyday(split):
    "The rows of the stand-in that are from Tatoeba."
    return read(args.corpus, split=split).filter(lambda row: row["source"].startswith("tatoeba"))


held_out = everyday("validation")
english = set(held_out["en"]) | set(everyday("test")["en"])
rows = audit(everyday("train").filter(lambda row: row["en"] not in english)).clean
general = correct(mix([(rows, 1), (audit(read("embedded")).clean, 1)]), corrections())
extra = [(coffee(repeat=1), 10), (travel(num_examples=2000, repeat=1), 1), (money(num_examples=2000, repeat=1), 1)]


def make(out):
    if not (out/"vocab.json").is_file(): train_separate([general, *(part for part, _ in extra)], out, VOCAB)
    tokenizer = load_tokenizer(out)
    config = student_config(teacher_config(), vocab_size=len(tokenizer), **asdict(SHAPE))
    distill(new_student(config, seed=1), tokenizer, encode(mix([(general, 1), *extra]), tokenizer),
            encode(held_out.select(range(200)), tokenizer), out, HYPER)


build(args.output_dir, {"corpus": Path(args.corpus).name, "rows": len(general), "shape": asdict(SHAPE), "vocab": VOCAB, "hyper": asdict(HYPER)}, make)
teacher, tokenizer = load_model(args.output_dir).eval(), load_tokenizer(args.output_dir)
pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
sentences = held_out["en"][:300]
quality = score(HFTranslator(args.output_dir, beam_size=1).translate_batch(sentences), held_out["zh"][:300])


def says_next(source, beginning):
    "The teacher's logits for the piece after `beginning`."
    given = tokenizer(source, return_tensors="pt")
    so_far = [tokenizer.pad_token_id, *tokenizer(text_target=beginning)["input_ids"][:-1]]
    with torch.inference_mode(): logits = teacher(**given, decoder_input_ids=torch.tensor([so_far])).logits[0, -1]
    return {"source": source, "beginning": beginning, "pieces_so_far": tokenizer.convert_ids_to_tokens(so_far[1:]), "logits": [round(z, 2) for z in logits.tolist()]}


train, collate = encode(general, tokenizer), DataCollatorForSeq2Seq(tokenizer, model=teacher)
ids = encode(held_out.select(range(300)), tokenizer)
judged = [collate([ids[i] for i in range(at, min(at + 50, len(ids)))]) for at in range(0, len(ids), 50)]


def loss(student):
    "Cross-entropy on the held-out sentences, nats for each piece."
    student.eval()
    total = count = 0
    with torch.inference_mode():
        for batch in judged:
            real = int((batch["labels"] != -100).sum())
            total += cross_entropy(student(**{k: v for k, v in batch.items() if k != "labels"}).logits, batch["labels"]).item() * real
            count += real
    return total / count


def short_training(student, seed):
    "Losses at once and after each of `--steps`; Adam, warm-up over 50 steps to 5e-4, constant, batches of 32."
    torch.manual_seed(seed)
    found, optimizer = [loss(student)], torch.optim.AdamW(student.parameters(), lr=5e-4, weight_decay=0.0)
    order = list(ShuffledLengthSampler(32, lengths=list(map(len, train["input_ids"])), seed=seed))
    student.train()
    for step in range(1, max(args.steps) + 1):
        for group in optimizer.param_groups: group["lr"] = 5e-4 * min(1, step / 50)
        batch = collate([train[i] for i in order[32 * (step - 1):32 * step]])
        labels = batch.pop("labels")
        cross_entropy(student(**batch).logits, labels).backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step(); optimizer.zero_grad()
        if step in args.steps: found.append(loss(student)); student.train()
    return found


config = student_config(teacher.config, vocab_size=len(tokenizer), **asdict(replace(SHAPE, decoder_layers=2)))
losses = {}
for name, layers in MAPS.items():
    losses[name] = []
    for seed in (1, 2, 3):
        student = new_student(config, seed=seed)
        if layers != "random":
            fresh = {k: v.clone() for k, v in student.model.decoder.layers.state_dict().items()}
            init_from_teacher(student, teacher, decoder_map=layers)
            if layers is None: student.model.decoder.layers.load_state_dict(fresh)  # all but the decoder's layers from the teacher
        losses[name].append(short_training(student, seed))
    print(name, losses[name], flush=True)

write(args.results, "teacher", {
    "rows": len(train), "teacher": {"shape": asdict(SHAPE), "pieces": len(tokenizer), "epochs": args.epochs, "minutes": read_json(args.output_dir/"metrics.json")["seconds"] / 60,
    "BLEU": quality.bleu, "signature": quality.signature, "sentences": len(sentences), "loss": loss(teacher)}, "steps": [0, *args.steps], "losses": losses,
    "vocabulary": pieces, "next": [says_next(*pair) for pair in BEGINNINGS]})

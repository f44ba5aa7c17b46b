"""What half precision buys on this CPU: steps a second of a training in float32 and bfloat16, with PyTorch's fused attention and with it written out.

The fused attention's backward pass has no bfloat16 kernel worth the name on CPUs, so `distill` writes attention out ("eager") where it trains in
bfloat16. Two shapes: the smoke scale's last student and the article's. Random ids, one thread, forward, backward and AdamW."""
from dataclasses import asdict
from common import arguments, quiet, ratio, rounds, write

parser = arguments(__doc__, run=False)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
args = parser.parse_args()

import torch
from tinymt.distillation import cross_entropy
from tinymt.marian import new_student, student_config, teacher_config
from tinymt.recipe import FULL, SMOKE
from tinymt.training import precision

quiet()
torch.set_num_threads(args.threads)
BATCH, LENGTH, STEPS = 32, 16, 5


def stepper(scale, attention, half):
    "A function that makes `STEPS` training steps."
    config = student_config(teacher_config(), vocab_size=scale.joint_vocab + 1, **asdict(scale.shapes["small"]))
    model = new_student(config, seed=1)
    model.set_attn_implementation(attention); model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    ids, labels = torch.randint(2, scale.joint_vocab, (2, BATCH, LENGTH)).unbind()
    def steps():
        for _ in range(STEPS):
            with torch.autocast("cpu", torch.bfloat16, enabled=half): logits = model(input_ids=ids, decoder_input_ids=labels).logits
            cross_entropy(logits, labels).backward()
            optimizer.step(); optimizer.zero_grad()
    steps()
    return steps


found = {}
for scale in (SMOKE, FULL):
    contestants = {f"{'bfloat16' if half else 'float32'}, {attention}": stepper(scale, attention, half) for half in (False, True) for attention in ("sdpa", "eager")}
    figures = rounds(contestants, args.rounds)
    found[scale.name] = {"shape": asdict(scale.shapes["small"]), "pieces": scale.joint_vocab,
        "steps_per_second": {name: STEPS / sorted(seconds)[len(seconds) // 2] for name, seconds in figures.items()},
        "times_float32_sdpa": {name: ratio(figures, "float32, sdpa", name) for name in figures}, "rounds": figures}
write(args.results, "precision", {"chosen": precision() or "float32", "threads": args.threads, "pairs": BATCH, "pieces_a_side": LENGTH, **found})

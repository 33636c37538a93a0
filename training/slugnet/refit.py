"""Fits a network's last layer alone, to what the teacher says, on what the layers below make of pictures once and for all.

That is a convex problem, so it comes to its end in a minute, while in a run of a few passes the rows of rare classes
stay behind. The layers below are not touched: fingerprints, and a detector's head for them, stay as they are.
"""

import os
import time

import numpy as np
import torch

from .distil import DEFAULTS, Stock, targets
from .pictures import Pictures

SIDES_SEEN = (112, 128)  # of the views, about what the program looks at
BATCH = 128
LEAST = 1e-3  # channels that vary less say nothing
RATE, DECAY, PASSES = 3e-3, 0.1, 12  # AdamW's, on standardised activations; the rate falls to 0 by a cosine


@torch.inference_mode()
def seen(net, stock, count, seed=1):
    """What the last layer is given of count random views of training pictures: a list of x (n, channels), the
    teacher's logits, the true classes and how much these weigh."""
    draw, shake = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    rows, begun = [], time.time()
    for i in range(0, count, BATCH):
        x, said, y, true = stock.batch(SIDES_SEEN[i // BATCH % len(SIDES_SEEN)], draw, shake)
        with torch.autocast("cpu", torch.bfloat16):
            top = net.activations(x)[net.blocks[-1]]
        rows.append((top.float().mean((2, 3)), said, y, true))
        if i % (100 * BATCH) == 0:
            print(f"{i} of {count}, {(i + BATCH) / (time.time() - begun):.0f}/s", flush=True)
    return [torch.cat(column) for column in zip(*rows)]


def fit(weight, bias, x, said, y, true, heat=DEFAULTS["heat"], heated=DEFAULTS["heated"], passes=PASSES, batch=256, seed=1):
    """The last layer's weights (classes, channels) and bias (classes,), beginning with those given, that say most nearly
    what distil's targets do."""
    torch.manual_seed(seed)
    mean, spread = x.mean(0), x.std(0).clamp(min=LEAST)
    w = (weight * spread).clone().requires_grad_()
    b = (bias + weight @ mean).clone().requires_grad_()
    descent = torch.optim.AdamW([{"params": [w], "weight_decay": DECAY}, {"params": [b], "weight_decay": 0}], lr=RATE)
    steps = passes * max(1, len(x) // batch)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(descent, steps)
    for step in range(steps):
        at = torch.randint(len(x), (min(batch, len(x)),))
        logits = ((x[at] - mean) / spread) @ w.T + b
        loss = -(targets(said[at], y[at], true[at]) * torch.log_softmax(logits, 1)).sum(1).mean()
        hot = torch.nn.functional.kl_div(torch.log_softmax(logits / heat, 1), torch.softmax(said[at] / heat, 1), reduction="batchmean")
        descent.zero_grad()
        ((1 - heated) * loss + heated * heat ** 2 * hot).backward()
        descent.step()
        slower.step()
    w = (w / spread).detach()
    return w, (b - w @ mean).detach()


def refit(data, checkpoint, out, options, count=100_000):
    """Writes to out the checkpoint with its averaged last layer fitted anew, to count views."""
    from .slugnet2 import Slugnet2

    state = torch.load(checkpoint, map_location="cpu")
    weights = state["average"]
    net = Slugnet2(weights["fc.bias"].shape[0], **state["options"]).eval()
    net.load_state_dict(weights)
    net = net.to(memory_format=torch.channels_last)
    pictures = Pictures(data, torch.device("cpu"))
    shown = seen(net, Stock(pictures, {**DEFAULTS, **options, "batch": BATCH}), count)
    weights["fc.weight"], weights["fc.bias"] = fit(weights["fc.weight"], weights["fc.bias"], *shown)
    torch.save(state, out + ".part")
    os.replace(out + ".part", out)

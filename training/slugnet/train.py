"""One training run: a schedule of sides, SGD, averaged weights, checkpoints, a log."""

import copy
import csv
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from . import augment, evaluate
from .builds import BUILDS
from .network import warm
from .pictures import SIDES, Pictures

DEFAULTS = {
    "steps": 8000,
    "batch": 128,
    "rate": 0.1,          # the highest learning rate
    "warmup": 200,        # steps until it is reached; then a cosine down to 0
    "decay": 5e-5,        # weight decay of convolutions and the last layer
    "smooth": 0.1,        # label smoothing
    "average": 0.999,     # exponential moving average of the weights, a step
    "build": "slugnet",   # or one of builds.BUILDS, which only dreams for the detector
    "width": 1.0,
    "sides": [[0, 64], [0.6, 80], [0.85, 96]],  # from this part of the run on, views of this side
    "weights": {"64": 1.0, "84": 1.0, "112": 2.0, "176": 2.0},  # how often a picture of this size is drawn
    "least": 0.25,        # the smallest part of a picture that a view shows; more for short runs
    "attack": [[0, 0], [0.6, 0.4]],  # and adversarial steps of this L2 length at 64 px, in units of [0,1]; 0: none
    "attacked": 0.5,      # part of each batch that is attacked
    "bfloat16": False,    # half the digits on a CPU too: faster where it has instructions for them
    "seed": 1,
}


def run(data, out, options, begin=None, every=500, minutes=None):
    """Trains, or goes on where a run in the folder out was stopped.

    begin is an exported network (.onnx) or another run's checkpoint to begin with. After so
    many minutes the run stops and can be gone on with."""
    os.makedirs(out, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    o = {**DEFAULTS, **options}
    pictures = Pictures(data, device)
    draw = np.random.default_rng(o["seed"])
    shake = torch.Generator().manual_seed(o["seed"])
    torch.manual_seed(o["seed"])
    net = BUILDS[o["build"]](len(pictures.ids), o["width"])
    built = {"build": o["build"], "width": o["width"]} if o["build"] != "slugnet" else {}
    step = 0
    latest = f"{out}/latest.pt"
    if os.path.exists(latest):
        state = torch.load(latest, map_location="cpu")
        net.load_state_dict(state["net"])
        step = state["step"]
        draw.bit_generator.state = state["draw"]
        shake.set_state(state["shake"])
    elif begin and begin.endswith(".onnx"):
        sample = [augment.views(pictures.take(s, draw.choice(pictures.training(s), 64))[0].cpu(), 64, shake) for s in SIDES if len(pictures.training(s))]
        print(f"{warm(net, begin, pictures.ids, [torch.cat(sample)])} classes known", flush=True)
    elif begin:
        net.load_state_dict(torch.load(begin, map_location="cpu")["average"])
    net = net.to(device, memory_format=torch.channels_last)
    average = {k: v.detach().clone().float() for k, v in net.state_dict().items()}
    decayed = [p for p in net.parameters() if p.ndim > 1]
    rest = [p for p in net.parameters() if p.ndim <= 1]
    sgd = torch.optim.SGD([{"params": decayed, "weight_decay": o["decay"]}, {"params": rest}], lr=0.1, momentum=0.9, nesterov=True)
    if step:
        sgd.load_state_dict(state["sgd"])
        average = {k: v.to(device) for k, v in state["average"].items()}
    Path(f"{out}/options.json").write_text(json.dumps(o, indent=1))

    log = Log(f"{out}/log.csv", step)
    until = time.time() + 60 * minutes if minutes else math.inf
    net.train()
    while step < o["steps"] and time.time() < until:
        side, attack = scheduled(o, "sides", step), scheduled(o, "attack", step)
        for group in sgd.param_groups:
            group["lr"] = rate(o, step)
        x, y = batch(pictures, o, side, draw, shake)
        if attack:  # the length grows with the side: the same change a pixel
            x = attacked(net, x, y, o, attack * side / 64)
        loss, right = learn(net, sgd, x, y, o)
        step += 1
        follow(average, net, min(o["average"], step / (step + 10)))
        log.note(loss, right, side, len(y))
        if step % every == 0 or step == o["steps"]:
            log.write(step, rate(o, step))
            save(latest, net, average, sgd, step, draw, shake, **built)
            if step % (4 * every) == 0 or step == o["steps"]:
                scores = evaluate.accuracy(averaged(net, average), pictures, (96,), 2000)["all"]
                log.validate(step, scores)
                net.train()
    log.write(step, rate(o, step))
    save(latest, net, average, sgd, step, draw, shake, **built)
    return step >= o["steps"]


def scheduled(o, name, step):
    """What an option is at a step, if it is a list of [from this part of the run on, value]."""
    return next(value for begin_at, value in reversed(o[name]) if step >= begin_at * o["steps"])


def rate(o, step):
    if step < o["warmup"]:
        return o["rate"] * (step + 1) / o["warmup"]
    return o["rate"] * 0.5 * (1 + math.cos(math.pi * (step - o["warmup"]) / max(1, o["steps"] - o["warmup"])))


def batch(pictures, o, side, draw, shake):
    """Views of pictures of all sizes, each size in its share."""
    sizes = [s for s in SIDES if len(pictures.training(s))]
    share = np.array([o["weights"].get(str(s), 1) * len(pictures.training(s)) for s in sizes])
    number = draw.multinomial(o["batch"], share / share.sum())
    xs, ys = [], []
    for s, n in zip(sizes, number):
        if n:
            at = pictures.training(s)
            x, y = pictures.take(s, np.sort(at[draw.integers(len(at), size=n)]))  # files are read from front to back
            xs.append(augment.views(x, side, shake, o["least"]))
            ys.append(y)
    return torch.cat(xs).contiguous(memory_format=torch.channels_last), torch.cat(ys)


def attacked(net, x, y, o, length):
    """Replaces part of a batch, evenly spread, by pictures one L2 step of this length worse (fast gradient method;
    Miyato et al. 2018 use the same step). y are classes (n,) or their probabilities (n, classes)."""
    n = int(len(x) * o["attacked"])
    at = torch.linspace(0, len(x) - 1, n, device=x.device).long()
    still = [m for m in net.modules() if not m.training]
    with fast(x.device, o):
        z = x[at].detach().clone(memory_format=torch.channels_last).requires_grad_()
        net.eval()
        grad, = torch.autograd.grad(F.cross_entropy(net(z), y[at], reduction="sum"), z)
        net.train()
    for m in still:
        m.training = False
    grad = grad.float()
    norm = grad.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
    worse = x.clone()
    worse[at] = (x[at] + length * grad / norm).clamp(0, 1)
    return worse.contiguous(memory_format=torch.channels_last)


def fast(device, o):
    """Half the digits where that is faster: on accelerators, and on a CPU when told so (without
    instructions for them float32 was measured to be a quarter faster)."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" or o["bfloat16"])


def learn(net, sgd, x, y, o):
    with fast(x.device, o):
        logits = net(x).float()
    loss = F.cross_entropy(logits, y, label_smoothing=o["smooth"])
    sgd.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
    sgd.step()
    return loss.detach(), (logits.argmax(1) == y).float().mean()


def follow(average, net, keep):
    with torch.no_grad():
        now = net.state_dict()
        moved = [k for k, v in now.items() if v.dtype.is_floating_point]
        torch._foreach_mul_([average[k] for k in moved], keep)
        torch._foreach_add_([average[k] for k in moved], [now[k].float() for k in moved], alpha=1 - keep)
        for k in now.keys() - set(moved):
            average[k].copy_(now[k])


def averaged(net, average):
    twin = copy.deepcopy(net)
    twin.load_state_dict(average)
    return twin.eval()


def save(path, net, average, sgd, step, draw, shake, **more):
    torch.save({"net": net.state_dict(), "average": average, "sgd": sgd.state_dict(), "step": step,
                "draw": draw.bit_generator.state, "shake": shake.get_state(), **more}, path + ".part")
    os.replace(path + ".part", path)  # a stopped save leaves the old checkpoint


class Log:
    """A table of the run: step, seconds, pictures a second, side, rate, loss, accuracy."""

    def __init__(self, path, step):
        self.path, self.begun = path, time.time()
        self.clear()
        if step == 0:
            self.row(["step", "seconds", "pictures_per_second", "side", "rate", "loss", "top1", "validation_top1"], "w")

    def clear(self):
        self.loss = self.right = self.n = self.pictures = 0
        self.at = time.time()

    def note(self, loss, right, side, pictures):
        self.loss += loss
        self.right += right
        self.n += 1
        self.side = side
        self.pictures += pictures

    def write(self, step, lr):
        if not self.n:
            return
        speed = self.pictures / (time.time() - self.at)
        self.row([step, int(time.time() - self.begun), int(speed), self.side, f"{lr:.4f}", f"{self.loss / self.n:.4f}", f"{self.right / self.n:.4f}", ""])
        print(f"step {step} side {self.side} {speed:.0f}/s loss {self.loss / self.n:.3f} top-1 {self.right / self.n:.3f}", flush=True)
        self.clear()

    def validate(self, step, scores):
        self.row([step, int(time.time() - self.begun), "", "", "", "", "", f"{scores['merged']['top1']:.4f}"])
        print(f"step {step} validation " + " ".join(f"{k} {v['top1']:.3f}/{v['top5']:.3f}" for k, v in scores.items()), flush=True)
        self.clear()

    def row(self, values, mode="a"):
        with open(self.path, mode, newline="") as f:
            csv.writer(f).writerow(values)

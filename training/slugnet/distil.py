"""A run that learns from a teacher's soft labels: of every photograph, whether anybody has named it or not.

Besides the answers a trunk's activations can be regressed: a 1x1 convolution that is thrown away afterwards
makes what the trunk sees of what the student does.
"""

import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from . import augment, evaluate
from .label import SHOWN, Taught
from .network import warm
from .peers import Alone, side_by_side
from .pictures import JUDGED, SIDES, UNKNOWN, Pictures
from .slugnet2 import Slugnet2
from .teacher import Graph
from .train import Log, attacked, fast, follow, rate, save, scheduled

DEFAULTS = {
    "design": "middle",   # of slugnet2.DESIGNS
    "width": 1.0,
    "colour": 0.5,        # how much of the colours' strength is seen
    "steps": 16000,
    "batch": 128,
    "rate": 0.05,         # the highest learning rate,
    "last": 0.005,        # and that of the last layer, which AdamW teaches
    "warmup": 200,        # steps until it is reached; then a cosine down to 0
    "decay": 5e-5,        # weight decay of convolutions and the last layer
    "average": 0.999,     # exponential moving average of the weights, a step
    "sides": [[0, 80], [0.3, 96], [0.6, 128], [0.93, 160]],  # from this part of the run on, views of this side
    "weights": {"64": 1.0, "84": 1.3, "112": 1.3, "176": 1.5},  # how often a picture of this size is drawn
    "sources": {},        # and how often one of a source: 1 where nothing is said
    "balance": 0.0,       # pictures are drawn less often by this power of how many the teacher calls the same
    "true": {"64": 0.8, "84": 0.6, "112": 0.4, "176": 0.3},  # the part of the target that is the true class, by size
    "heat": 3.0,          # the temperature at which the teacher's answers are compared once more,
    "heated": 0.5,        # and the weight of that: there all classes count, also those that are not there
    "regressed": 0.25,    # the part of every batch of which the trunk's activations are regressed, if there is a trunk
    "pull": 1.0,          # the weight of that
    "layers": {},         # student's layer: value of the trunk's file
    "border": 10,         # pixels by which pictures are mirrored outwards for a trunk that does not pad
    "attack": [[0, 0]],   # from this part of the run on, adversarial steps of this L2 length at 64 px, in units of [0,1]
    "attacked": 0.5,      # and the part of every batch that is made worse by one
    "still": [],          # layers, from the first on, that learn no more: a step is so much shorter
    "bfloat16": False,
    "seed": 1,
}
WATCHED = 128  # the side at which the student is watched


def run(data, out, options, begin=None, trunk=None, every=250, minutes=None, processes=1):
    """Distils, or goes on where a run in the folder out was stopped. Returns whether it is done.

    begin is an exported network (.onnx) of either kind or another run's checkpoint; trunk an ONNX file that
    takes pixels in [-1,1]. After so many minutes the run stops and can be gone on with. Each of several
    processes draws a batch of its own, and a step is one by the gradients of all."""
    until = time.time() + 60 * minutes if minutes else math.inf
    return side_by_side(processes, work, data, out, options, begin, trunk, every, until)


def work(peers, data, out, options, begin, trunk, every, until):
    """What each of a run's processes does. Returns whether the run is done."""
    os.makedirs(out, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    o = {**DEFAULTS, **options}
    pictures = Pictures(data, device)
    stock = Stock(pictures, o)
    latest = f"{out}/latest.pt"
    pupil = Pupil(len(pictures.ids), o, trunk, device, peers)
    if os.path.exists(latest):
        pupil.go_on(torch.load(latest, map_location="cpu"))
    elif begin:
        start(pupil, begin, stock)
    pupil.part()
    first = peers.rank == 0
    if first:
        Path(f"{out}/options.json").write_text(json.dumps(o, indent=1))
        log = Log(f"{out}/log.csv", pupil.step)

    pupil.listen()
    while pupil.step < o["steps"] and peers.agree(time.time() < until):
        side = scheduled(o, "sides", pupil.step)
        loss, right = pupil.learn(*stock.batch(side, pupil.draw, pupil.shake))
        if not first:
            continue
        log.note(loss, right, side, o["batch"] * peers.count)
        if pupil.step % every == 0 or pupil.step == o["steps"]:
            log.write(pupil.step, rate(o, pupil.step))
            pupil.save(latest)
            if pupil.step % (4 * every) == 0 or pupil.step == o["steps"]:
                watch(f"{out}/watch.csv", pupil.step, pupil.averaged(), pictures)
                log.clear()
    if first:
        log.write(pupil.step, rate(o, pupil.step))
        pupil.save(latest)
    return pupil.step >= o["steps"]


class Pupil:
    """A student and all that it takes to go on with it."""

    def __init__(self, classes, o, trunk, device, peers=Alone()):
        self.o, self.step, self.peers = o, 0, peers
        self.draw = np.random.default_rng(o["seed"])
        self.shake = torch.Generator().manual_seed(o["seed"])
        torch.manual_seed(o["seed"])
        self.net = Slugnet2(classes, o["design"], o["width"], o["colour"])
        self.guide = Guide(self.net, trunk, o).to(device) if trunk else None
        self.net = self.net.to(device, memory_format=torch.channels_last)
        self.descent = Descent(self.net, self.guide, o, peers)
        self.average = {}
        self.forget()

    def part(self):
        """Draws other pictures than the peers do, from here on."""
        if self.peers.count > 1:
            self.draw = np.random.default_rng([self.o["seed"], self.step, self.peers.rank])
            self.shake.manual_seed(int(self.draw.integers(2**62)))

    def listen(self):
        """Makes ready to learn: still layers neither get gradients nor gather statistics."""
        self.net.train()
        for name in self.o["still"]:
            self.net.part(name).eval().requires_grad_(False)

    def forget(self):
        """Lets the averaged weights begin with what the weights are now."""
        self.average = {k: v.detach().clone().float() for k, v in self.net.state_dict().items()}

    def go_on(self, state):
        self.net.load_state_dict(state["net"])
        if self.guide and "guide" in state:  # a trunk may come or go in the middle of a run
            self.guide.fit.load_state_dict(state["guide"])
        if bool(self.guide) == ("guide" in state):
            self.descent.load_state_dict(state["sgd"])
        self.average = {k: v.to(self.net.fc.weight.device) for k, v in state["average"].items()}
        self.step = state["step"]
        self.draw.bit_generator.state = state["draw"]
        self.shake.set_state(state["shake"])

    def save(self, path):
        more = {"guide": self.guide.fit.state_dict()} if self.guide else {}
        save(path, self.net, self.average, self.descent, self.step, self.draw, self.shake, options=self.net.options, **more)

    def learn(self, x, said, y, true):
        """One step towards what the teacher said and what is true. Returns the loss and how often both say the same."""
        self.descent.slow(rate(self.o, self.step) / self.o["rate"])
        target = targets(said, y, true)
        if length := scheduled(self.o, "attack", self.step):  # the same change a pixel at every side
            x = attacked(self.net, x, target, self.o, length * x.shape[-1] / 64)
        out = learn(self.net, self.guide, self.descent, x, said, target, self.o)
        self.step += 1
        follow(self.average, self.net, min(self.o["average"], self.step / (self.step + 10)))
        return out

    def averaged(self):
        """The network with the averaged weights."""
        twin = Slugnet2(self.net.fc.out_features, **self.net.options).to(self.net.fc.weight.device, memory_format=torch.channels_last)
        twin.load_state_dict(self.average)
        return twin.eval()


class Descent:
    """Nesterov's momentum for all layers but the last, AdamW for that one: a class that few pictures show moves its
    row by a rate that suits rows which many show so little that most of a thousand were not learned. Fitted
    alone, on the same layers below, it named half as many pictures again."""

    def __init__(self, net, guide, o, peers=Alone()):
        self.peers = peers
        last = list(net.fc.parameters())
        learned = [p for n, p in net.named_parameters() if not n.startswith("fc.")] + list(guide.fit.parameters() if guide else ())
        self.highest = (o["rate"], o["last"])
        self.parts = (
            torch.optim.SGD([{"params": [p for p in learned if p.ndim > 1], "weight_decay": o["decay"]}, {"params": [p for p in learned if p.ndim <= 1]}],
                            lr=o["rate"], momentum=0.9, nesterov=True),
            torch.optim.AdamW(last, lr=o["last"], weight_decay=0.1))

    @property
    def param_groups(self):
        return [g for part in self.parts for g in part.param_groups]

    def slow(self, share):
        """Sets the rates to a share of the highest."""
        for part, highest in zip(self.parts, self.highest):
            for group in part.param_groups:
                group["lr"] = share * highest

    def zero_grad(self, set_to_none=True):
        for part in self.parts:
            part.zero_grad(set_to_none=set_to_none)

    def step(self):
        self.peers.average([p.grad for group in self.param_groups for p in group["params"] if p.grad is not None])
        for part in self.parts:
            part.step()

    def state_dict(self):
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states):
        for part, state in zip(self.parts, states):
            part.load_state_dict(state)


def start(pupil, begin, stock):
    """Takes over the weights of an exported network or of a run, those whose shapes are the same."""
    net = pupil.net
    if begin.endswith(".onnx"):
        sample = [stock.some(s, 64, 96, pupil.draw, pupil.shake)[0] for s in stock.at if len(stock.at[s])]
        print(f"{warm(net, begin, stock.pictures.ids, [torch.cat(sample)])} classes known", flush=True)
    else:
        old, new = torch.load(begin, map_location="cpu")["average"], net.state_dict()
        same = {k: v for k, v in old.items() if k in new and k != "lens" and v.shape == new[k].shape}
        net.load_state_dict({**new, **same})
        print(f"{len(same)} of {len(new)} tensors known", flush=True)
    pupil.forget()


class Stock:
    """Training pictures with what the teacher says of them."""

    def __init__(self, pictures, o):
        self.pictures, self.o = pictures, o
        self.taught = {s: Taught(pictures, s) for s in SIDES}
        self.at, self.sums, share = {}, {}, []
        names = pictures.info["sources"]
        often = np.array([o["sources"].get(n, 1.0) for n in names])
        rare = self.rareness(o["balance"]) if o["balance"] else {s: 1.0 for s in SIDES}
        for s, taught in self.taught.items():
            self.at[s] = taught.at()
            self.sums[s] = np.cumsum(often[pictures.source[s][self.at[s]]] * rare[s])
            share.append(o["weights"].get(str(s), 1.0) * (self.sums[s][-1] if len(self.at[s]) else 0))
        if not sum(share):
            raise ValueError("the teacher has said nothing of these pictures: run the label stage first")
        self.share = np.array(share) / sum(share)

    def rareness(self, power):
        """How much more often than the average each picture that has an answer is drawn, by size."""
        said = {s: taught.first() for s, taught in self.taught.items()}
        common = np.bincount(np.concatenate(list(said.values())), minlength=len(self.pictures.ids)) + 10.0
        return {s: (common.mean() / common[y]) ** power for s, y in said.items()}

    def batch(self, side, draw, shake):
        """Views (n, 3, side, side), the teacher's logits (n, classes), the true classes or UNKNOWN, and how much
        these weigh (n,)."""
        number = draw.multinomial(self.o["batch"], self.share)
        parts = [self.some(s, n, side, draw, shake) for s, n in zip(SIDES, number) if n]
        x, said, y, true = (torch.cat(p) for p in zip(*parts))
        return x.contiguous(memory_format=torch.channels_last), said, y, true

    def some(self, size, n, side, draw, shake):
        """A batch's part of one size of pictures."""
        chosen = np.searchsorted(self.sums[size], draw.random(n) * self.sums[size][-1], side="right")
        at = np.sort(self.at[size][np.minimum(chosen, len(self.at[size]) - 1)])
        shown, said = self.taught[size].draw(at, draw.random(n))
        x, y = self.pictures.take(size, at)
        true = torch.full((n,), self.o["true"].get(str(size), 0.2), device=x.device)
        return augment.shown(x, side, shown, shake), torch.from_numpy(said).to(x.device), y, true


def targets(said, y, true):
    """Probabilities (n, classes): the teacher's, and in their part the true class where it is known."""
    part = torch.where(y != UNKNOWN, true, torch.zeros_like(true))[:, None]
    out = torch.softmax(said, 1) * (1 - part)
    return out.scatter_add_(1, y.clamp(min=0)[:, None], part)  # nothing, where it is not known


def learn(net, guide, descent, x, said, target, o):
    with fast(x.device, o):
        seen = net.activations(x)
    logits = seen["logits"].float()
    loss = -(target * F.log_softmax(logits, 1)).sum(1).mean()
    heat = o["heat"]
    hot = heat ** 2 * F.kl_div(F.log_softmax(logits / heat, 1), torch.softmax(said / heat, 1), reduction="batchmean")
    total = (1 - o["heated"]) * loss + o["heated"] * hot
    if guide:
        total = total + o["pull"] * guide(x, seen, o)
    descent.zero_grad(set_to_none=True)
    total.backward()
    for group in descent.param_groups:
        nn.utils.clip_grad_norm_(group["params"], 5)
    descent.step()
    return loss.detach(), (logits.argmax(1) == said.argmax(1)).float().mean()


class Guide(nn.Module):
    """How far the student's layers, through 1x1 convolutions, are from those of a trunk."""

    def __init__(self, net, path, o):
        super().__init__()
        import onnx

        self.layers = list(o["layers"])
        self.trunk = Graph(onnx.load(path), list(o["layers"].values())).eval()
        self.border = o["border"]
        with torch.no_grad():
            x = torch.rand(2, 3, 96, 96)
            training, _ = net.training, net.eval()
            seen, wanted = net.activations(x), self.look(x)
            net.train(training)
        self.fit = nn.ModuleDict({l: nn.Conv2d(seen[l].shape[1], w.shape[1], 1) for l, w in zip(self.layers, wanted)})

    @torch.no_grad()
    def look(self, x):
        return self.trunk(2 * F.pad(x, (self.border,) * 4, mode="reflect") - 1)

    def forward(self, x, seen, o):
        """1 - the correlation of every channel over the batch, averaged: what a linear reading of the student
        cannot tell of it."""
        n = max(1, int(len(x) * o["regressed"]))
        with fast(x.device, o):
            wanted = self.look(x[:n])
            given = [self.fit[l](seen[l][:n]) for l in self.layers]
        lost = 0
        for g, w in zip(given, wanted):
            g = F.interpolate(g.float(), w.shape[2:], mode="bilinear", align_corners=False)
            g, w = (standard(v.float()) for v in (g, w))
            lost = lost + 1 - (g * w).mean()
        return lost / len(given)


def standard(v):
    """Channels with mean 0 and variance 1 over the batch."""
    v = v - v.mean((0, 2, 3), keepdim=True)
    return v / torch.sqrt(v.square().mean((0, 2, 3), keepdim=True) + 1e-4)


def watch(path, step, net, pictures):
    """Notes how well the student does on pictures that it does not learn from."""
    row = {"step": step, **agreement(net, pictures, WATCHED)}
    for source, score in evaluate.accuracy(net, pictures, (WATCHED,), 400)["all"].items():
        row |= {f"{source} top1": round(score["top1"], 4), f"{source} top5": round(score["top5"], 4)}
    new = not os.path.exists(path)
    with open(path, "a") as f:
        if new:
            f.write(",".join(row) + "\n")
        f.write(",".join(map(str, row.values())) + "\n")
    print(" ".join(f"{k} {v}" for k, v in row.items()), flush=True)


@torch.inference_mode()
def agreement(net, pictures, side, batch=100):
    """How often a network in eval mode and the teacher say the same of the judging pictures: "same", its first
    is the teacher's first; "in five", its first five have the teacher's first; and its accuracy, if the
    pictures' classes are known, with the error of calibration and the part that its ten commonest words have."""
    found, path = pictures.judge(), Path(pictures.folder, "teacher", "judge.npy")
    if not found or not path.exists():
        return {}
    teacher = torch.from_numpy(np.load(path).astype(np.float32)).argmax(1)
    edge = (JUDGED - SHOWN) // 2
    p = []
    for i in range(0, len(teacher), batch):
        x = torch.from_numpy(np.array(found[0][i:i + batch, edge:-edge, edge:-edge])).permute(0, 3, 1, 2).float().div_(255)
        p.append(torch.softmax(net(evaluate.resized(x.to(net.fc.weight.device), side)).float(), 1).cpu())
    p = torch.cat(p)
    five = p.topk(min(5, p.shape[1])).indices
    y = torch.from_numpy(found[1])
    out = {"same": mean(five[:, 0] == teacher), "in five": mean((five == teacher[:, None]).any(1)),
           "ten commonest": float(torch.bincount(five[:, 0]).topk(min(10, int(five[:, 0].max()) + 1)).values.sum() / len(p))}
    if (named := y != UNKNOWN).any():
        right = five[named, 0] == y[named]
        out |= {"right": mean(right), "right in five": mean((five[named] == y[named, None]).any(1)),
                "miscalibrated": miscalibration(p[named].max(1).values, right)}
    return {k: round(v, 4) for k, v in out.items()}


def mean(hits):
    return float(hits.float().mean())


def miscalibration(sure, right, bins=15):
    """The expected calibration error: how far sureness is from being right, over bins of sureness."""
    at = (sure * bins).long().clamp(max=bins - 1)
    total = 0.0
    for b in range(bins):
        if (inside := at == b).any():
            total += float(inside.float().mean() * (sure[inside].mean() - right[inside].float().mean()).abs())
    return total

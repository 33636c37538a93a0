"""A run on an accelerator: the teacher is asked about the very views that the student is shown.

No crop is seen twice, so the teacher is a function that is matched and no table that is learned (Beyer et al., Knowledge
Distillation: A Good Teacher Is Patient and Consistent, 2022). Pictures come from packs, of which there may be more while
the run goes on; the schedule is over its minutes, not over its steps, as time is what there is of somebody else's machine.
"""

import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from . import augment
from .distil import DEFAULTS, Pupil, start
from .label import LEAST, SHOWN
from .packs import SIDE
from .pictures import UNKNOWN
from .teacher import Graph, outputs
from .train import Log, rate, scheduled

OPTIONS = {
    **DEFAULTS,
    "batch": 512,
    "rate": 0.2,
    "small": 0.4,         # the part of every batch that is of pictures stored at less than 112 px,
    "enlarged": 160,      # and the side at which the teacher looks at those
}


def run(packs, out, teacher, options, minutes, begin=None, trunk=None, every=250, clock=time.time):
    """Distils from the unpacked packs in the folder packs for so many minutes, or goes on where a run in the folder out was stopped.

    What export takes, the averaged weights, is written beside the checkpoint every so many steps: whoever
    has to give the machine back has them."""
    os.makedirs(out, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    o = {**OPTIONS, **options}
    stock = Views(packs, teacher, o, device)
    while not stock.grow():
        time.sleep(0.2)
    pupil, before, latest = Pupil(stock.classes, o, trunk, device), 0.0, f"{out}/latest.pt"
    if os.path.exists(latest):
        state = torch.load(latest, map_location="cpu")
        pupil.go_on(state)
        stock.draw.bit_generator.state = state["draw"]
        before = state["step"] / o["steps"]
    elif begin:
        start(pupil, begin, stock)
    Path(f"{out}/options.json").write_text(json.dumps(o, indent=1))

    pupil.listen()
    log, begun, count = Log(f"{out}/log.csv", before), clock(), 0
    while (past := before + (clock() - begun) / (60 * minutes)) < 1:
        pupil.step = past * o["steps"]  # what the schedule goes by
        side = scheduled(o, "sides", pupil.step)
        log.note(*pupil.learn(*stock.batch(side, pupil.shake)), side, o["batch"])
        count += 1
        if count % every == 0:
            log.write(int(pupil.step), rate(o, pupil.step))
            keep(out, pupil, stock)
            stock.grow()
    log.write(int(pupil.step), rate(o, pupil.step))
    keep(out, pupil, stock)


def keep(out, pupil, stock):
    """Writes the checkpoint and, smaller, what export takes of it."""
    pupil.draw = stock.draw
    pupil.save(f"{out}/latest.pt")
    torch.save({"average": {k: v.cpu() for k, v in pupil.average.items()}, "options": pupil.net.options}, f"{out}/average.pt.part")
    os.replace(f"{out}/average.pt.part", f"{out}/average.pt")


class Views:
    """Views of unpacked pictures, all of which are on the device, with what the teacher says of them."""

    def __init__(self, folder, teacher, o, device, room=420_000):
        import onnx

        self.folder, self.o, self.device = folder, o, device
        self.half = torch.float16 if device.type == "cuda" else torch.bfloat16
        self.taken = set()
        self.pictures = torch.empty((room if device.type == "cuda" else 4096, SIDE, SIDE, 3), dtype=torch.uint8, device=device)
        self.side, self.label, self.often = np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0)
        model = onnx.load(teacher)
        self.classes = outputs(model)
        self.teacher = Graph(model).eval().to(device, memory_format=torch.channels_last)
        self.draw = np.random.default_rng(o["seed"])

    def grow(self):
        """Takes in the packs that are there since. Returns whether there is one."""
        for path in sorted(Path(self.folder).glob("pack-*.npz")):
            if path.name in self.taken or path.name.endswith(".part.npz"):
                continue
            rest, stored = np.load(path), np.load(path.with_suffix(".npy"), mmap_mode="r")
            first, n = len(self.side), min(len(stored), len(self.pictures) - len(self.side))
            for i in range(0, n, 4096):
                self.pictures[first + i:first + min(i + 4096, n)] = torch.from_numpy(np.array(stored[i:min(i + 4096, n)])).to(self.device)
            self.side = np.concatenate([self.side, rest["side"][:n]])
            self.label = np.concatenate([self.label, rest["label"][:n].astype(np.int64)])
            self.often = np.concatenate([self.often, rest["often"][:n].astype(float)])
            self.taken.add(path.name)
            self.at = [np.flatnonzero(self.side < 112), np.flatnonzero(self.side >= 112)]
            self.sums = [np.cumsum(self.often[at]) for at in self.at]
            true = np.array([self.o["true"].get(str(s), 0.2) for s in self.side])
            self.true = torch.from_numpy(np.where(self.label == UNKNOWN, 0, true)).float().to(self.device)
            self.named = torch.from_numpy(self.label).to(self.device)
            print(f"{len(self.side)} pictures, {path.name} is new", flush=True)
        return len(self.taken)

    def batch(self, side, shake):
        """Views (n, 3, side, side), the teacher's logits (n, classes), the true classes or UNKNOWN, and how much
        these weigh (n,)."""
        few = int(self.o["batch"] * self.o["small"])
        parts = [self.some(0, few, self.o["enlarged"], side, shake), self.some(1, self.o["batch"] - few, SHOWN, side, shake)]
        x, said, y, true = (torch.cat(p) for p in zip(*parts))
        return x.contiguous(memory_format=torch.channels_last), said, y, true

    def some(self, which, n, shown, side, shake):
        """A batch's part of small or large pictures: seen by the teacher at one side, by the student at another."""
        chosen = np.searchsorted(self.sums[which], self.draw.random(n) * self.sums[which][-1], side="right")
        at = torch.from_numpy(self.at[which][np.minimum(chosen, len(self.at[which]) - 1)]).to(self.device)
        with torch.no_grad():
            x = self.pictures[at].permute(0, 3, 1, 2).float().div_(255)
            x = seen(x, shown, augment.parts(self.draw.random((n, 4)), LEAST), shake)
            with torch.autocast(self.device.type, self.half, enabled=self.device.type == "cuda"):
                said = self.teacher((2 * x - 1).contiguous(memory_format=torch.channels_last))[0]
            x = F.interpolate(x, (side, side), mode="bicubic", align_corners=False, antialias=True).clamp_(0, 1)
        return x, said.float().flatten(1), self.named[at], self.true[at]


def seen(x, side, boxes, shake):
    """The parts (n, 4) of pictures, mirrored by chance and re-lit, as (n, 3, side, side)."""
    boxes = torch.from_numpy(boxes).float()
    flip = torch.where(torch.rand(len(x), generator=shake) < 0.5, -1.0, 1.0)
    size = boxes[:, 2:] * torch.stack([flip, torch.ones(len(x))], 1)
    x = augment.cut(x, side, 2 * boxes[:, :2] + boxes[:, 2:] - 1, size, "bicubic").clamp_(0, 1)
    return augment.relit(x, shake)

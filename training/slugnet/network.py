"""The network: a small GoogLeNet with readable layer names, made to dream with.

Going deeper with convolutions (Szegedy et al., 2014) with the 5x5 branch as two 3x3
(Rethinking the Inception Architecture, 2015) and batch norm, which is folded away on export.
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# Channels of the branches 1x1 | 1x1, 3x3 | 1x1, 3x3, 3x3 | pool, 1x1 of every block.
BLOCKS = {
    "3a": (32, 48, 64, 16, 32, 32),
    "3b": (48, 64, 96, 24, 48, 48),
    "4a": (80, 64, 128, 32, 64, 64),
    "4b": (80, 64, 128, 32, 64, 64),
    "4c": (96, 80, 160, 40, 80, 64),
    "5a": (128, 96, 192, 48, 96, 96),
    "5b": (192, 128, 256, 64, 128, 128),
}
STEM = (32, 64)
POOL_BEFORE = ("3a", "4a", "5a")  # each pooling halves the sides
LAYERS = ("s1", "s2", *BLOCKS)


def widened(channels, width):
    """Numbers of channels times the width, in steps of 8."""
    return [max(8, int(n * width / 8 + 0.5) * 8) for n in channels]


class Unit(nn.Module):
    """Convolution, batch norm (until folded), ReLU if active."""

    def __init__(self, inputs, outputs, size=1, stride=1, active=True):
        super().__init__()
        self.active = active
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        x = self.norm(self.conv(x))
        return F.relu(x) if self.active else x

    def fold(self):
        """Moves the batch norm's running statistics into the convolution."""
        norm, old = self.norm, self.conv
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.conv = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding)
        with torch.no_grad():
            self.conv.weight.copy_(old.weight * scale[:, None, None, None])
            self.conv.bias.copy_(norm.bias - norm.running_mean * scale)
        self.norm = nn.Identity()


class Inception(nn.Module):
    """Four branches side by side. The names of the parts are those of the first weights."""

    def __init__(self, inputs, channels):
        super().__init__()
        a, b1, b, c1, c, d = channels
        self.a = Unit(inputs, a)
        self.b1, self.b = Unit(inputs, b1), Unit(b1, b, 3)
        self.c1, self.c, self.cc = Unit(inputs, c1), Unit(c1, c, 3), Unit(c, c, 3)
        self.d = Unit(inputs, d)
        self.outputs = a + b + c + d

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat([self.a(x), self.b(self.b1(x)), self.cc(self.c(self.c1(x))), self.d(pooled)], 1)


class Slugnet(nn.Module):
    """Pictures (n, 3, h, w) in [0,1], h and w >= 32, to logits (n, classes).

    width multiplies all channels, in steps of 8."""

    def __init__(self, classes, width=1.0):
        super().__init__()
        self.layers = LAYERS
        stem = widened(STEM, width)
        self.s1, self.s2 = Unit(3, stem[0], 5, 2), Unit(stem[0], stem[1], 3)
        at = stem[1]
        for name, channels in BLOCKS.items():
            block = Inception(at, widened(channels, width))
            setattr(self, "i" + name, block)
            at = block.outputs
        self.fc = nn.Linear(at, classes)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def activations(self, x):
        """All named layers in order, by name."""
        out = {}
        x = out["s1"] = self.s1((x - self.mean) / self.std)
        x = out["s2"] = self.s2(x)
        for name in BLOCKS:
            if name in POOL_BEFORE:
                x = F.max_pool2d(x, 3, 2, 1)
            x = out[name] = getattr(self, "i" + name)(x)
        out["logits"] = self.fc(x.mean((2, 3)))
        return out

    def forward(self, x):
        return self.activations(x)["logits"]

    def fold(self):
        """Makes the network what is exported: no batch norm. Only in eval mode."""
        for module in self.modules():
            if isinstance(module, Unit):
                module.fold()
        return self


def exported(path):
    """The weights in an exported network's file, as float32, by the names that the parts have here."""
    import onnx
    from onnx import numpy_helper

    stored = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()).float() for t in onnx.load(path).graph.initializer}
    return {name.removeprefix("n.").removesuffix("_half"): t for name, t in stored.items()}


def warm(net, path, ids, batches):
    """Begins with the weights of an exported network of the same shape, or of one that ends earlier.

    Its batch norms are gone: new ones are set so that they change nothing on the given batches
    of pictures. Blocks that it lacks begin at random, and so does the last layer then. Classes
    are matched by WordNet id (ids: ours; the file's are in FILE.labels.txt or labels.txt beside
    it); new ones begin small."""
    weights = exported(path)
    for name, module in net.named_modules():
        if isinstance(module, Unit):
            # the first weights called a convolution c
            key = name + (".c" if name + ".c.weight" in weights else ".conv")
            if key + ".weight" not in weights:
                continue
            with torch.no_grad():
                module.conv.weight.copy_(weights[key + ".weight"])
            module.shift = weights[key + ".bias"]
            module.register_forward_hook(_calibrate)
    net.train()
    with torch.no_grad():
        for batch in batches:
            net(batch)
    for module in net.modules():
        if isinstance(module, Unit):
            module._forward_hooks.clear()
    labels = Path(path).with_suffix(".labels.txt")
    if not labels.exists():
        labels = labels.with_name("labels.txt")
    lines = labels.read_text().splitlines()
    theirs = {line.split("\t")[0]: i for i, line in enumerate(lines)}
    known = [(i, theirs[c]) for i, c in enumerate(ids) if c in theirs]
    if weights["fc.weight"].shape[1] != net.fc.in_features:
        return len(known)
    with torch.no_grad():
        net.fc.weight.mul_(0.3)
        for i, j in known:
            net.fc.weight[i] = weights["fc.weight"][j]
            net.fc.bias[i] = weights["fc.bias"][j]
    return len(known)


def _calibrate(unit, inputs, _):
    """Sets a unit's batch norm so that it gives back the folded convolution's values."""
    y = unit.conv(inputs[0])
    mean, var = y.mean((0, 2, 3)), y.var((0, 2, 3), unbiased=False)
    norm = unit.norm
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
    norm.weight.copy_(torch.sqrt(var + norm.eps))
    norm.bias.copy_(mean + unit.shift.to(mean))
    return F.relu(norm(y)) if unit.active else norm(y)

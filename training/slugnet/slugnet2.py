"""The second network: the first one's blocks, without a grid of their own in what is dreamed with them.

A stride that is not blurred writes its grid into the gradient (weave), and a colour that is seen in
full detail becomes rainbow noise. So the picture goes through a fixed lens first, and every later
stride through a binomial blur (Zhang, Making Convolutional Networks Shift-Invariant Again, 2019).
The blocks have the names and shapes of the first network's, so that its weights are a beginning;
those that are added begin as the identity.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .network import BLOCKS, MEAN, POOL_BEFORE, STD, STEM, Unit, widened

# Blocks that add to what they are given: channels of the branches 1x1 | 1x1, 3x3 | 1x1, 3x3, 3x3 | pool, 1x1,
# the sum of whose last ones is that of the block before.
ADDED = {
    "4d": (112, 72, 160, 36, 72, 56),
    "4e": (112, 72, 160, 36, 72, 56),
    "5c": (176, 96, 256, 64, 128, 144),
}
# What is compared by a short run each before the long one.
DESIGNS = {
    "middle": ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"),
    "late": ("3a", "3b", "4a", "4b", "4c", "5a", "5b", "5c"),
    "plain": tuple(BLOCKS),
}


def lens(colour=1.0):
    """Weights (3, 6, 1, 1) of what is seen of a picture's two blurs: brightness is twice the first less the second,
    which keeps three quarters of the amplitude half way to the finest waves and nothing of the finest; colour
    is the second, a quarter there, times the factor."""
    grey = torch.full((3, 3), 1 / 3)
    return torch.cat([2 * grey, colour * (torch.eye(3) - grey) - grey], 1)[:, :, None, None]


def average(x, stride, border, size=2):
    """Windows' averages. What lies outside does not count: exporters write a border that does as an operator
    of its own. In bfloat16 on a CPU, which is for learning only, a convolution does the same in half the time."""
    if x.dtype != torch.bfloat16 or x.is_cuda:
        return F.avg_pool2d(x, size, stride, border, count_include_pad=False)
    channels = x.shape[1]
    y = F.conv2d(x, x.new_full((channels, 1, size, size), 1 / size ** 2), None, stride, border, 1, channels)
    if border:
        inside = F.avg_pool2d(torch.ones(1, 1, *x.shape[2:], device=x.device), size, stride, border)
        y = y * (1 / inside).to(y.dtype)
    return y


def blur(x):
    """x after a blur by 1 2 1 in both directions: two averages, as every program has them. The border belongs
    to the second one: so what alternates is nothing there too."""
    return average(average(x, 1, 0), 1, 1)


def halve(x):
    """Every second row and column of blur(x)."""
    return average(average(x, 1, 0), 2, 1)


class Block(nn.Module):
    """Four branches side by side; the pool is an average. An added block's branches end without a
    ReLU and begin at nothing: the block is the identity before it has learned."""

    def __init__(self, inputs, channels, added=False):
        super().__init__()
        a, b1, b, c1, c, d = channels
        if added:
            d = inputs - a - b - c  # also where the width has been rounded
        self.added = added
        self.a = Unit(inputs, a, active=not added)
        self.b1, self.b = Unit(inputs, b1), Unit(b1, b, 3, active=not added)
        self.c1, self.c, self.cc = Unit(inputs, c1), Unit(c1, c, 3), Unit(c, c, 3, active=not added)
        self.d = Unit(inputs, d, active=not added)
        self.outputs = a + b + c + d
        if added:
            for unit in (self.a, self.b, self.cc, self.d):
                nn.init.zeros_(unit.norm.weight)

    def forward(self, x):
        pooled = average(x, 1, 1, 3)
        out = torch.cat([self.a(x), self.b(self.b1(x)), self.cc(self.c(self.c1(x))), self.d(pooled)], 1)
        return F.relu(x + out) if self.added else out


class Slugnet2(nn.Module):
    """Pictures (n, 3, h, w) in [0,1], h and w >= 32, to logits (n, classes).

    design is one of DESIGNS; width multiplies all channels, in steps of 8, and colour the lens's
    gain of colour."""

    def __init__(self, classes, design="middle", width=1.0, colour=0.5):
        super().__init__()
        self.options = {"design": design, "width": width, "colour": colour}
        self.blocks = DESIGNS[design]
        self.layers = ("s1", "s2", *self.blocks)
        stem = widened(STEM, width)
        self.s1, self.s2 = Unit(3, stem[0], 5, 2), Unit(stem[0], stem[1], 3)
        at = stem[1]
        for name in self.blocks:
            block = Block(at, widened({**BLOCKS, **ADDED}[name], width), name in ADDED)
            setattr(self, "i" + name, block)
            at = block.outputs
        self.fc = nn.Linear(at, classes)
        self.register_buffer("lens", lens(colour))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def part(self, name):
        """The module of a named layer."""
        return getattr(self, name if name in ("s1", "s2") else "i" + name)

    def activations(self, x):
        """All named layers in order, by name."""
        out = {}
        x = blur((x - self.mean) / self.std)
        x = F.conv2d(torch.cat([x, blur(x)], 1), self.lens)
        x = out["s1"] = self.s1(x)
        x = out["s2"] = self.s2(x)
        for name in self.blocks:
            if name in POOL_BEFORE:
                x = halve(x)
            x = out[name] = self.part(name)(x)
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


def cost(net, side=128):
    """Multiplications and additions of one picture of the side, in units of 10^9."""
    total = 0

    def count(module, _, out):
        nonlocal total
        total += module.weight.numel() * (out[0, 0].numel() if out.ndim == 4 else 1)

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return total / 1e9

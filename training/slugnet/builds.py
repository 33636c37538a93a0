"""Networks of other builds than the program's own, trained in an hour to dream for the detector: what it learns must
not be how one family of networks dreams.

Very deep convolutional networks (Simonyan and Zisserman, 2014) and Deep residual learning (He et al., 2015), a few
times narrower and for pictures of 64 pixels, with batch norm, which is folded away on export, and the mean of the last
layer for the fully connected ones.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .network import MEAN, STD, Slugnet, Unit, widened


class Build(nn.Module):
    """Pictures (n, 3, h, w) in [0,1] to logits (n, classes), through named layers."""

    def __init__(self, layers, outputs, classes):
        super().__init__()
        self.layers = layers
        self.fc = nn.Linear(outputs, classes)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, x):
        return self.activations(x)["logits"]

    fold = Slugnet.fold


class Vgg(Build):
    """3x3 convolutions one after the other, and the largest of each 2x2 between blocks."""

    BLOCKS = ((32, 32), (64, 64), (128, 128, 128), (256, 256, 256), (256, 256, 256))

    def __init__(self, classes, width=1.0):
        blocks = [widened(b, width) for b in self.BLOCKS]
        super().__init__([f"conv{i}_{j}" for i, b in enumerate(blocks, 1) for j in range(1, len(b) + 1)], blocks[-1][-1], classes)
        at = 3
        for name, outputs in zip(self.layers, (n for b in blocks for n in b)):
            setattr(self, name, Unit(at, outputs, 3))
            at = outputs

    def activations(self, x):
        out, x = {}, (x - self.mean) / self.std
        for name in self.layers:
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2)
            x = out[name] = getattr(self, name)(x)
        out["logits"] = self.fc(x.mean((2, 3)))
        return out


class Residual(nn.Module):
    """Two 3x3 convolutions that are added to what they are given, or to a 1x1 of it where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.a, self.b = Unit(inputs, outputs, 3, stride), Unit(outputs, outputs, 3, active=False)
        self.past = Unit(inputs, outputs, 1, stride, active=False) if stride > 1 or inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + self.past(x))


class Resnet(Build):
    """A stem of stride 2 and four stages of two residual blocks."""

    STAGES = (48, 96, 192, 256)

    def __init__(self, classes, width=1.0):
        stages = widened(self.STAGES, width)
        super().__init__(["conv1", *(f"res{i}{j}" for i in range(2, 6) for j in "ab")], stages[-1], classes)
        self.conv1 = Unit(3, stages[0], 5, 2)
        at = stages[0]
        for name in self.layers[1:]:
            outputs = stages[int(name[3]) - 2]
            setattr(self, name, Residual(at, outputs, 2 if outputs != at else 1))
            at = outputs

    def activations(self, x):
        out, x = {}, (x - self.mean) / self.std
        for name in self.layers:
            x = out[name] = getattr(self, name)(x)
        out["logits"] = self.fc(x.mean((2, 3)))
        return out


BUILDS = {"slugnet": Slugnet, "vgg": Vgg, "resnet": Resnet}

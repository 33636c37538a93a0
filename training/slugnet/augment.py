"""Random views of pictures, made on the device for a whole batch at once."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def views(x, side, generator, least=0.25):
    """Random crops of (n, 3, h, w), flipped and re-lit, as (n, 3, side, side).

    A crop has least..1 of the picture's area and an aspect of 3:4 to 4:3."""
    n = len(x)
    rand = lambda lo, hi: torch.rand(n, generator=generator) * (hi - lo) + lo
    scale = torch.sqrt(rand(least, 1))
    stretch = torch.exp(rand(-1, 1) * math.log(4 / 3) / 2)
    sx, sy = (scale * stretch).clamp(max=1), (scale / stretch).clamp(max=1)
    flip = torch.where(rand(0, 1) < 0.5, -1.0, 1.0)
    middle = torch.stack([rand(-1, 1) * (1 - sx), rand(-1, 1) * (1 - sy)], 1)
    return relit(cut(x, side, middle, torch.stack([sx * flip, sy], 1)), generator)


def cut(x, side, middle, size, mode="bilinear"):
    """Parts of pictures (n, 3, h, w) around middle (n, 2), in [-1,1], as (n, 3, side, side).

    size (n, 2) is the part of the picture's sides, mirrored where it is negative."""
    theta = torch.zeros(len(x), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = size[:, 0], size[:, 1]
    theta[:, :, 2] = middle
    grid = F.affine_grid(theta.to(x.device), (len(x), 3, side, side), align_corners=False)
    return F.grid_sample(x, grid, mode, padding_mode="reflection", align_corners=False)


def relit(x, generator):
    """Other saturation, contrast and brightness for every picture."""
    light = lambda spread: (1 + spread * (2 * torch.rand(len(x), generator=generator) - 1)).view(-1, 1, 1, 1).to(x.device)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * light(0.4)            # saturation
    middle = x.mean((1, 2, 3), keepdim=True)
    x = (middle + (x - middle) * light(0.3)) * light(0.3)  # contrast, brightness
    return x.clamp_(0, 1)


def parts(chance, least):
    """Crops like those of views from chance (n, 4) in [0,1): (n, 4), left, top, width, height in [0,1]."""
    scale = np.sqrt(least + (1 - least) * chance[:, 0])
    stretch = np.exp((2 * chance[:, 1] - 1) * math.log(4 / 3) / 2)
    size = np.minimum(1, np.stack([scale * stretch, scale / stretch], 1))
    return np.concatenate([chance[:, 2:] * (1 - size), size], 1)


def shown(x, side, boxes, generator):
    """The parts (n, 4) of pictures as views, mirrored by chance and re-lit."""
    boxes = torch.from_numpy(boxes).float()
    while x.shape[-1] * float(boxes[:, 2:].mean()) > 1.6 * side:  # or the finest lines would alias
        x = F.avg_pool2d(x, 2)
    flip = torch.where(torch.rand(len(x), generator=generator) < 0.5, -1.0, 1.0)
    size = boxes[:, 2:] * torch.stack([flip, torch.ones(len(x))], 1)
    return relit(cut(x, side, 2 * boxes[:, :2] + boxes[:, 2:] - 1, size), generator)

"""Random views of pictures, made on the device for a whole batch at once."""

import math

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
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = sx * flip, sy
    theta[:, 0, 2], theta[:, 1, 2] = rand(-1, 1) * (1 - sx), rand(-1, 1) * (1 - sy)
    grid = F.affine_grid(theta.to(x.device), (n, 3, side, side), align_corners=False)
    out = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    light = lambda spread: (1 + spread * rand(-1, 1)).view(n, 1, 1, 1).to(x.device)
    grey = out.mean(1, keepdim=True)
    out = grey + (out - grey) * light(0.4)        # saturation
    middle = out.mean((1, 2, 3), keepdim=True)
    out = (middle + (out - middle) * light(0.3)) * light(0.3)  # contrast, brightness
    return out.clamp_(0, 1)

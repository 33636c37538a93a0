"""Which single channels answer to a shape and to nothing else: candidates for presets that raise
one channel, such as eyes and swirl. Shapes are drawn, so that it needs no pictures."""

import numpy as np
import torch

from .network import BLOCKS
from .slugnet2 import ADDED

SIDE = 160   # of a drawing, in pixels
COUNT = 60   # drawings of each shape


def stripes(r, a, draw):
    return 0.5 + 0.5 * np.sin(r * np.cos(a - draw.uniform(0, 7)) * draw.uniform(0.2, 0.9))


def checks(r, a, draw):
    x, y, n = r * np.cos(a + 1), r * np.sin(a + 1), draw.uniform(4, 16)
    return ((x // n + y // n) % 2).astype(float)


def cloud(r, a, draw):
    rough = torch.from_numpy(draw.random((1, 1, 12, 12)))
    return torch.nn.functional.interpolate(rough, r.shape, mode="bicubic")[0, 0].numpy()


def eye(r, a, draw):
    """A round eye: dark pupil with a glint, a ring around it, a lighter ball."""
    pupil, iris, ball = np.array([0.35, 0.65, 1.2]) * draw.uniform(6, 16)
    out = np.where(r < ball, 0.85, 0.4 + 0.2 * draw.random())
    out = np.where(r < iris, 0.5, out)
    out = np.where(r < pupil, 0.05, out)
    glint = np.hypot(r * np.cos(a) + pupil / 3, r * np.sin(a) + pupil / 3)
    return np.where(glint < pupil / 3, 1.0, out)


def whorl(r, a, draw):
    return 0.5 + 0.5 * np.sin(draw.choice([-1, 1]) * a * draw.integers(1, 4) + r * draw.uniform(0.25, 0.7))


SHAPES = {"eyes": eye, "swirl": whorl}
OTHERS = (stripes, checks, cloud)


def drawings(shape, seed):
    """(COUNT, 3, SIDE, SIDE) in [0,1]: a tiling of the shape in random colours, sizes and places."""
    draw = np.random.default_rng(seed)
    out = np.empty((COUNT, 3, SIDE, SIDE), np.float32)
    for n in range(COUNT):
        cell = draw.uniform(40, 80)
        y, x = np.mgrid[0:SIDE, 0:SIDE] + draw.uniform(0, cell, 2)[:, None, None]
        y, x = y % cell - cell / 2, x % cell - cell / 2
        value = shape(np.hypot(x, y), np.arctan2(y, x), draw)
        dark, light = draw.uniform(0, 0.4, 3), draw.uniform(0.6, 1, 3)
        out[n] = dark[:, None, None] + (light - dark)[:, None, None] * value
    return torch.from_numpy(out.clip(0, 1))


@torch.inference_mode()
def strongest(net, pictures):
    """What every channel of every block answers at its strongest 2 %: (pictures, channels) by layer."""
    out = {}
    for layer, value in net.activations(pictures).items():
        if layer in BLOCKS or layer in ADDED:
            flat = value.flatten(2)
            out[layer] = flat.topk(max(1, flat.shape[2] // 50), dim=2).values.mean(2)
    return out


def rank(net, shape, most=4):
    """Channels by how far their answers to the shape lie above those to all other drawings, in
    standard deviations of both (d'): a list of (d', layer, channel), the best of each layer first."""
    yes = strongest(net, drawings(SHAPES[shape], 1))
    no = strongest(net, torch.cat([drawings(s, 2) for s in (*OTHERS, *(s for n, s in SHAPES.items() if n != shape))]))
    best = []
    for layer in yes:
        spread = torch.sqrt((yes[layer].var(0) + no[layer].var(0)) / 2) + 1e-3
        d = (yes[layer].mean(0) - no[layer].mean(0)) / spread
        best += [(float(d[c]), layer, int(c)) for c in d.topk(most).indices]
    return best

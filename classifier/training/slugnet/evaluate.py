"""Accuracy on the validation split, each part by itself and merged."""

import torch

from .pictures import SIDES


@torch.no_grad()
def accuracy(net, pictures, sides=(96,), most=None):
    """Top-1 and top-5 of a network in eval mode by source, and merged; over all classes.

    Pictures are shown whole, at every side, and the probabilities averaged. With most, only so
    many of each source and size are looked at."""
    sums = {}
    names = pictures.info["sources"]
    for size in SIDES:
        for number, name in enumerate(names):
            at = pictures.validation(size, number)
            if most:
                at = at[:: max(1, len(at) // most)][:most]
            for i in range(0, len(at), 250):
                x, y = pictures.take(size, at[i:i + 250])
                p = sum(torch.softmax(net(resized(x, side)).float(), 1) for side in sides)
                hits = p.topk(min(5, p.shape[1])).indices == y[:, None]
                n, one, five = sums.get(name, (0, 0, 0))
                sums[name] = n + len(y), one + int(hits[:, 0].sum()), five + int(hits.any(1).sum())
    total = [sum(v[i] for v in sums.values()) for i in range(3)]
    return {k: {"pictures": n, "top1": one / n, "top5": five / n} for k, (n, one, five) in {**sums, "merged": total}.items() if n}


def resized(x, side):
    if x.shape[-1] == side:
        return x
    return torch.nn.functional.interpolate(x, (side, side), mode="bicubic", align_corners=False, antialias=x.shape[-1] > side).clamp(0, 1)

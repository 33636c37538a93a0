"""Accuracy on the validation split, each part by itself and merged."""

import torch

from .pictures import SIDES


@torch.inference_mode()
def accuracy(net, pictures, sides=(96,), most=None, mirror=False):
    """Top-1 and top-5 of a network in eval mode, by how it looks, by source and merged.

    Pictures are shown whole at every side, and "all" averages the probabilities, with mirror
    over the mirror images too, as the program does. The choice is among all classes. With most,
    only so many of each source and size are looked at."""
    sums = {}
    net = net.to(memory_format=torch.channels_last)
    names = pictures.info["sources"]
    for size in SIDES:
        for number, name in enumerate(names):
            at = pictures.validation(size, number)
            if most:
                at = at[:: max(1, len(at) // most)][:most]
            for i in range(0, len(at), 250):
                x, y = pictures.take(size, at[i:i + 250])
                looks = {f"{side} px": torch.softmax(net(resized(x, side)).float(), 1) for side in sides}
                looks["all"] = sum(looks.values())
                if mirror:
                    looks["all"] += sum(torch.softmax(net(resized(x, side).flip(3)).float(), 1) for side in sides)
                for look, p in looks.items():
                    hits = p.topk(min(5, p.shape[1])).indices == y[:, None]
                    for source in (name, "merged"):
                        n, one, five = sums.get((look, source), (0, 0, 0))
                        sums[look, source] = n + len(y), one + int(hits[:, 0].sum()), five + int(hits.any(1).sum())
    out = {}
    for (look, source), (n, one, five) in sums.items():
        out.setdefault(look, {})[source] = {"pictures": n, "top1": one / n, "top5": five / n}
    return out


def resized(x, side):
    x = x.contiguous(memory_format=torch.channels_last)
    if x.shape[-1] == side:
        return x
    return torch.nn.functional.interpolate(x, (side, side), mode="bicubic", align_corners=False, antialias=x.shape[-1] > side).clamp(0, 1)

"""How sure a network may be: the temperature that its logits are divided by before they become probabilities, so
that of what it is sure of to 0.8 it is right four times in five (Guo et al., On Calibration of Modern Neural Networks, 2017).

It is fitted on pictures that were neither trained nor judged on: those that validate, by their classes, and
photographs of anything, by what the teacher says of them. It is kept in the file's own metadata.
"""

import math

import numpy as np
import torch
from PIL import Image

from .distil import miscalibration
from .export import BACKGROUND, SIGHTS
from .pictures import SIDES, photographs

KEY = "slugpuppy.temperature"
LONGEST = 512  # a side of what is looked at, as in the program
SHOWN = 224    # the side at which the teacher looks,
MARGIN = 0.875  # at this part of the middle


def views(net, image):
    """Logits (views, classes) of a picture (h, w, 3) of uint8, looked at as the program does."""
    out = []
    h, w = image.shape[:2]
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float().div_(255)
    for side in SIGHTS:
        f = side / min(h, w)
        size = [max(side, min(LONGEST, round(f * n))) for n in (h, w)]
        small = torch.nn.functional.interpolate(x, size, mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
        out += [net(small), net(small.flip(3))]
    return torch.cat(out).float()


def some(files, count, seed=1):
    return [files[i] for i in np.random.default_rng(seed).permutation(len(files))[:count]]


def middle(image):
    """What the teacher is shown of a picture: (SHOWN, SHOWN, 3) of uint8."""
    w, h = image.size
    edge = min(w, h) * MARGIN
    box = ((w - edge) / 2, (h - edge) / 2, (w + edge) / 2, (h + edge) / 2)
    return np.asarray(image.resize((SHOWN, SHOWN), Image.BICUBIC, box))


@torch.inference_mode()
def examples(net, pictures, folder, teacher, count):
    """Logits (n, views, classes) of count pictures that validate and of as many photographs of the folder, and their classes."""
    logits, right = [], []
    known = [(side, i) for side in SIDES for i in pictures.validation(side)]
    for side, i in some(known, count):
        logits.append(views(net, pictures.parts[side][i]))
        right.append(int(pictures.label[side][i]))
    files = some(sorted(photographs(folder)), count) if folder else []
    for f in files:
        with Image.open(f) as image:
            image = image.convert("RGB")
            logits.append(views(net, np.asarray(image)))
            right.append(int(teacher.logits(middle(image)[None])[0].argmax()))
    return torch.stack(logits), torch.tensor(right)


def probabilities(logits, temperature, things):
    """What the program makes of logits (n, views, classes): nothing has the class that is no thing."""
    return torch.softmax((logits / temperature).masked_fill(~things, -math.inf), 2).mean(1)


def fit(logits, right, things, low=0.2, high=5.0):
    """The temperature at which the right classes are likeliest, by golden section on its logarithm."""
    def loss(t):
        return -probabilities(logits, math.exp(t), things)[torch.arange(len(right)), right].clamp_min(1e-12).log().mean().item()

    golden = (math.sqrt(5) - 1) / 2
    a, b = math.log(low), math.log(high)
    while b - a > 1e-3:
        c, d = b - golden * (b - a), a + golden * (b - a)
        a, b = (a, d) if loss(c) < loss(d) else (c, b)
    return math.exp((a + b) / 2)


def calibrate(net, path, pictures, folder, teacher, count=1000):
    """Fits the temperature of an exported network and writes it into its file. Returns what it was fitted on and
    how well sureness is right before and after."""
    import onnx

    logits, right = examples(net, pictures, folder, teacher, count)
    things = torch.tensor([i != BACKGROUND for i in pictures.ids])
    keep = things[right]
    logits, right = logits[keep], right[keep]
    t = round(fit(logits, right, things), 3)
    model = onnx.load(path)
    for p in [p for p in model.metadata_props if p.key == KEY]:
        model.metadata_props.remove(p)
    model.metadata_props.add(key=KEY, value=str(t))
    onnx.save(model, path)

    def error(temperature):
        best = probabilities(logits, temperature, things).max(1)
        return round(miscalibration(best.values, best.indices == right), 4)

    return {"temperature": t, "pictures": len(right), "miscalibrated before": error(1.0), "after": error(t)}

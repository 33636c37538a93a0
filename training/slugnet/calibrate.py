"""How sure a network may be: the temperature that its logits are divided by before they become probabilities, so
that of what it is sure of to 0.8 it is right four times in five (Guo et al., On Calibration of Modern Neural Networks, 2017).

It is fitted on pictures that were neither trained nor judged on: photographs of anything, by what the teacher says of
them, or without any those that validate, by their classes, which are more like what was learnt than what people post
is. It is kept in the file's own metadata.
"""

import math

import numpy as np
import torch
from PIL import Image

from .distil import miscalibration
from .export import BACKGROUND, SIGHTS
from .label import SHOWN
from .pictures import SIDES, photographs

KEY = "slugpuppy.temperature"
LONGEST = 512  # a side of what is looked at, as in the program
MARGIN = 0.875  # the teacher is shown this part of the middle


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
    """Logits (n, views, classes) of count photographs of the folder, or of pictures that validate, and their classes."""
    logits, right = [], []
    if not folder:
        for side, i in some([(side, i) for side in SIDES for i in pictures.validation(side)], count):
            logits.append(views(net, pictures.parts[side][i]))
            right.append(int(pictures.label[side][i]))
    for f in some(sorted(photographs(folder)), count) if folder else ():
        with Image.open(f) as image:
            image = image.convert("RGB")
            logits.append(views(net, np.asarray(image)))
            right.append(int(teacher.logits(middle(image)[None])[0].argmax()))
    return torch.stack(logits), torch.tensor(right)


def probabilities(logits, temperature, things):
    """What the program makes of logits (n, views, classes): nothing has the class that is no thing."""
    return torch.softmax((logits / temperature).masked_fill(~things, -math.inf), 2).mean(1)


def fit(logits, right, things, low=0.2, high=5.0):
    """The temperature at which the first answers are as sure on average as they are often right: what is told is the
    first answer, while the likelihood of all classes hangs on how the least likely ones are weighed."""
    def oversure(t):
        best = probabilities(logits, t, things).max(1)
        return float(best.values.mean() - (best.indices == right).float().mean())

    while high / low > 1.001:
        t = math.sqrt(low * high)
        low, high = (t, high) if oversure(t) > 0 else (low, t)
    return math.sqrt(low * high)


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

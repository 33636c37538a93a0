"""What a teacher says of the training pictures, asked once: soft labels of fixed crops.

Every picture has crops 0, 1, ...; which part each shows follows from the seed. The student is shown the
same parts (Shen and Xing, A Fast Knowledge Distillation Framework for Visual Recognition, 2021). All logits
are kept: what a teacher says of classes that are not there is how a student gets to know those of which
there are no pictures (Hinton et al., Distilling the Knowledge in a Neural Network, 2015).
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from .augment import parts
from .pictures import JUDGED, SIDES, Pictures
from .teacher import Classifier

LEAST = 0.35  # the smallest part of a picture that a crop shows
SHOWN = 224  # the side at which the teacher looks,
ENLARGED = {64: 160, 84: 160}  # but for small pictures: MobileNetV2 knew more of them when they were enlarged less
BATCH = 8    # small: the activations stay in the cache
SAVED = 512  # after how many batches what is done is noted


def label(data, teacher, sides=SIDES, crops=1, only=None, seed=1, minutes=None):
    """Asks the teacher, a teacher.Classifier, about the crops 0 to crops-1 of all training pictures of these
    sides, and about the pictures that judge. What is done already stays. With only, crops that nothing
    is known of yet are of pictures of these sources. Returns whether all is done."""
    import torch

    os.makedirs(f"{data}/teacher", exist_ok=True)
    pictures = Pictures(data, torch.device("cpu"))
    until = time.time() + 60 * minutes if minutes else np.inf
    judge(pictures, teacher)
    for crop in range(crops):
        for side in (s for s in sides if len(pictures.label[s])):
            table = Answers(data, side, crop, len(pictures.label[side]), len(pictures.ids), seed, only)
            at = order(pictures, side, crop, seed, table.only)
            shown = boxes(len(pictures.label[side]), side, crop, seed)
            begun = time.time()
            first = table.done
            while table.done < len(at):
                some = at[table.done:table.done + BATCH * SAVED]
                for ask, logits in answers(teacher, pictures.parts[side], some, shown):
                    table.logits[ask] = logits
                table.advance(len(some))
                print(f"side {side} crop {crop}: {table.done} of {len(at)}, {(table.done - first) / (time.time() - begun):.0f}/s", flush=True)
                if time.time() > until:
                    return False
    return True


def order(pictures, side, crop, seed, only=None):
    """The training pictures, or those of some sources, in the order in which the teacher is asked: any part
    is like the whole."""
    at = pictures.trained[side]
    if only:
        numbers = [pictures.info["sources"].index(name) for name in only]
        at = at[np.isin(pictures.source[side][at], numbers)]
    return np.random.default_rng([seed, side, crop, 1]).permutation(at)


def boxes(count, side, crop, seed):
    """Which part of every picture a crop shows: (count, 4), left, top, width, height in [0,1]."""
    return parts(np.random.default_rng([seed, side, crop]).random((count, 4)), LEAST)


def answers(teacher, stored, at, shown):
    """Yields (numbers of pictures, logits) in batches; pictures are cut while the teacher thinks."""
    def cut(ask):
        return np.stack([seen(stored[i], shown[i]) for i in ask])

    batches = [at[i:i + BATCH] for i in range(0, len(at), BATCH)]
    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(cut, b) for b in batches[:2]]
        for i, ask in enumerate(batches):
            x = ahead.pop(0).result()
            if i + 2 < len(batches):
                ahead.append(pool.submit(cut, batches[i + 2]))
            yield ask, teacher.logits(x)


def seen(picture, box):
    """A part of a picture as the teacher sees it."""
    side = picture.shape[0]
    left, top, width, height = box * side
    shown = ENLARGED.get(side, SHOWN)
    return np.asarray(Image.fromarray(picture).resize((shown, shown), Image.BICUBIC, (left, top, left + width, top + height)))


def judge(pictures, teacher):
    """The teacher's whole answers to the pictures that judge: the middle, seven eighths of each side."""
    path = f"{pictures.folder}/teacher/judge.npy"
    found = pictures.judge()
    if not found or os.path.exists(path):
        return
    middle = np.array([(1 - SHOWN / JUDGED) / 2] * 2 + [SHOWN / JUDGED] * 2)
    at = np.arange(len(found[0]))
    logits = np.concatenate([l for _, l in answers(teacher, found[0], at, np.tile(middle, (len(at), 1)))])
    np.save(path, logits.astype(np.float16))
    named = found[1] >= 0
    right = (logits.argmax(1) == found[1])[named]
    if len(right):
        print(f"the teacher names {right.mean():.3f} of {len(right)} judging pictures", flush=True)


class Answers:
    """The logits (n, classes) of a crop of all pictures of a side: a file that fills up."""

    def __init__(self, data, side, crop, count, classes, seed, only=None):
        self.stem = f"{data}/teacher/{side}-{crop}"
        self.wants = {"count": count, "classes": classes, "seed": seed, "least": LEAST}
        notes = {}
        if os.path.exists(self.stem + ".json"):
            notes = json.loads(Path(self.stem + ".json").read_text())
            if any(notes[k] != v for k, v in self.wants.items()):
                raise ValueError(f"{self.stem}.json is about other pictures, classes or crops")
        self.done, self.only = notes.get("done", 0), notes.get("only", only)
        if notes:
            self.logits = np.load(self.stem + ".npy", mmap_mode="r+")
        else:
            self.logits = np.lib.format.open_memmap(self.stem + ".npy", "w+", np.float16, (count, classes))
            self.advance(0)

    def advance(self, count):
        self.logits.flush()
        self.done += count
        path = Path(self.stem + ".json")
        path.with_suffix(".part").write_text(json.dumps({**self.wants, "only": self.only, "done": self.done}))
        os.replace(path.with_suffix(".part"), path)


class Taught:
    """What the teacher has said so far of a side's pictures."""

    def __init__(self, pictures, side, seed=1):
        self.crops, self.known = [], []
        count = len(pictures.label[side])
        crop = 0
        while os.path.exists(f"{pictures.folder}/teacher/{side}-{crop}.json"):
            table = Answers(pictures.folder, side, crop, count, len(pictures.ids), seed)
            known = np.zeros(count, bool)
            known[order(pictures, side, crop, seed, table.only)[:table.done]] = True
            self.crops.append((table, boxes(count, side, crop, seed)))
            self.known.append(known)
            crop += 1
        self.known = np.array(self.known) if self.known else np.zeros((0, count), bool)

    def at(self):
        """The pictures that have an answer."""
        return np.flatnonzero(self.known.any(0))

    def first(self, block=4096):
        """What the teacher calls those that have an answer, in the order of at: (n,) classes, of the first crop
        that is known."""
        at = self.at()
        out = np.zeros(len(at), int)
        for crop in range(len(self.crops) - 1, -1, -1):
            known = np.flatnonzero(self.known[crop][at])
            logits = self.crops[crop][0].logits
            for i in range(0, len(known), block):
                out[known[i:i + block]] = logits[at[known[i:i + block]]].argmax(1)
        return out

    def draw(self, at, chance):
        """One of the crops of each of the pictures, chosen by chance (n,) in [0,1): what it shows (n, 4), and
        the teacher's logits of it."""
        which = (chance * self.known[:, at].sum(0)).astype(int)
        order = np.argsort(~self.known[:, at], axis=0, kind="stable")  # those with an answer first
        crop = np.take_along_axis(order, which[None], 0)[0]
        shown = np.stack([self.crops[c][1][i] for c, i in zip(crop, at)])
        return shown, np.stack([self.crops[c][0].logits[i] for c, i in zip(crop, at)]).astype(np.float32)

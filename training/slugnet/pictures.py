"""The training pictures: from folders to arrays, merged by WordNet id, split by photograph."""

import json
import os
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

WORDNET = re.compile(r"^n\d{8}")
SIDES = (64, 84, 112)  # pictures are kept at the largest of these that they reach
HELD_OUT = 20          # one photograph in so many is kept for validation
ALIKE = 0.97           # correlation of two 12x12 grey thumbnails of one photograph


def prepare(sources, words, out, workers):
    """Reads the sources (name, folder) and writes the arrays, splits.npz and labels.txt.

    A picture's class is the first part of its path that begins with a WordNet id, or what
    val_annotations.txt beside it says. A photograph that is in several sources is on one side
    of the split only: with validation if any of its copies is."""
    os.makedirs(out, exist_ok=True)
    found = [(name, *f) for name, folder in sources for f in listing(folder)]
    found.sort(key=lambda f: (f[0], f[1]))
    ids = sorted({f[2] for f in found})
    with ProcessPoolExecutor(workers) as pool:
        decoded = list(pool.map(decode, [f[1] for f in found], chunksize=256))
    rows = [(name, path, ids.index(wnid), held, *d) for (name, path, wnid, held), d in zip(found, decoded) if d]
    print(f"{len(rows)} of {len(found)} pictures could be read, {len(ids)} classes", flush=True)

    group = groups(np.array([r[2] for r in rows]), np.stack([r[5] for r in rows]))
    held = held_out(group, np.array([r[3] for r in rows]))
    names = [name for name, _ in sources]
    split = {}
    for side in SIDES:
        at = [i for i, r in enumerate(rows) if r[4].shape[0] == side]
        np.save(f"{out}/pictures-{side}.npy", np.stack([rows[i][4] for i in at]) if at else np.zeros((0, side, side, 3), np.uint8))
        split[f"label-{side}"] = np.array([rows[i][2] for i in at], np.int64)
        split[f"source-{side}"] = np.array([names.index(rows[i][0]) for i in at], np.int64)
        split[f"validate-{side}"] = held[at]
    np.savez(f"{out}/splits.npz", **split)
    with open(f"{out}/labels.txt", "w") as f:
        called = dict(line.split("\t") for line in Path(words).read_text().splitlines())
        f.writelines(f"{i}\t{names}\n" for i, names in zip(ids, told_apart([called[i] for i in ids])))
    info = {"sources": names, "classes": len(ids), **counts(rows, names, held)}
    Path(f"{out}/data.json").write_text(json.dumps(info, indent=1))


def told_apart(called):
    """Names of classes, each a list with commas, with another name first where two classes begin
    alike but for capitals: the cardigan one wears and the Cardigan that barks."""
    first = [c.split(", ")[0].lower() for c in called]
    out = []
    for i, c in enumerate(called):
        names = c.split(", ")
        if first.count(first[i]) > 1 and len(names) > 1:
            names = names[1:] + names[:1]
        out.append(", ".join(names))
    return out


def counts(rows, names, held):
    of = lambda name, side: int(sum(1 for r, h in zip(rows, held) if r[0] == name and h == side))
    return {"train": {n: of(n, False) for n in names}, "validate": {n: of(n, True) for n in names}}


def listing(folder):
    """All pictures under a folder as (path, WordNet id, kept for validation by its makers)."""
    for top, folders, files in os.walk(folder):
        folders.sort()
        known = {}
        table = os.path.join(top, "val_annotations.txt")
        if os.path.exists(table):
            known = {f[0]: f[1] for f in (line.split("\t") for line in Path(table).read_text().splitlines())}
            top = os.path.join(top, "images")
            files = os.listdir(top)
            folders.clear()
        parts = os.path.relpath(top, folder).split(os.sep)
        wnid = next((m.group() for m in map(WORDNET.match, parts) if m), None)
        for name in sorted(files):
            if name.lower().endswith((".jpg", ".jpeg", ".png")) and (known.get(name) or wnid):
                yield os.path.join(top, name), known.get(name) or wnid, "val" in parts or bool(known)


def decode(path):
    """A picture's middle as (side, side, 3) uint8 and its thumbnail (144,), or None."""
    try:
        with Image.open(path) as img:
            img = img.convert("RGB")
            w, h = img.size
            short = min(w, h)
            side = max((s for s in SIDES if s <= short), default=0)
            if not side:
                return None
            box = ((w - short) // 2, (h - short) // 2, (w + short) // 2, (h + short) // 2)
            small = img.resize((side, side), Image.LANCZOS, box)
            thumb = np.asarray(small.convert("L").resize((12, 12), Image.BOX), np.float32).ravel()
            return np.asarray(small), (thumb - thumb.mean()) / (thumb.std() + 1e-3)
    except (OSError, SyntaxError):
        return None


def groups(label, thumbs):
    """Numbers photographs: copies of one within a class, at any size, have one number."""
    group = np.arange(len(label))
    order = np.argsort(label, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        alike = np.argwhere(np.triu(thumbs[at] @ thumbs[at].T / thumbs.shape[1] > ALIKE, 1))
        for i, j in alike:
            a, b = root(group, at[i]), root(group, at[j])
            group[max(a, b)] = min(a, b)
    return np.array([root(group, i) for i in range(len(group))])


def root(group, i):
    while group[i] != i:
        i = group[i]
    return i


def held_out(group, held):
    """Which pictures validate: those their makers held out, some of the rest, and all copies."""
    chosen = np.random.default_rng(1).permutation(len(group)) % HELD_OUT == 0
    official = np.unique(group[held])
    return np.isin(group, np.concatenate([official, np.flatnonzero(chosen)]))


class Pictures:
    """The prepared arrays. Batches are drawn from all of a side's pictures at once."""

    def __init__(self, folder, device):
        split = np.load(f"{folder}/splits.npz")
        self.info = json.loads(Path(f"{folder}/data.json").read_text())
        self.ids = [line.split("\t")[0] for line in Path(f"{folder}/labels.txt").read_text().splitlines()]
        self.device = device
        self.parts = {s: np.load(f"{folder}/pictures-{s}.npy", mmap_mode="r") for s in SIDES}
        self.label = {s: split[f"label-{s}"] for s in SIDES}
        self.source = {s: split[f"source-{s}"] for s in SIDES}
        self.validate = {s: split[f"validate-{s}"] for s in SIDES}
        self._training = {s: np.flatnonzero(~self.validate[s]) for s in SIDES}
        self._loaded = {}

    def take(self, side, at):
        """Pictures (n, 3, side, side) in [0,1] and labels (n,) on the device."""
        import torch

        if self.device.type == "cuda":  # all of it fits into an accelerator's memory
            if side not in self._loaded:
                self._loaded[side] = torch.from_numpy(np.ascontiguousarray(self.parts[side])).to(self.device)
            x = self._loaded[side][torch.from_numpy(at).to(self.device)]
        else:
            at = np.sort(at)  # the file is read from front to back
            x = torch.from_numpy(self.parts[side][at])
        y = torch.from_numpy(self.label[side][at]).to(self.device)
        return x.permute(0, 3, 1, 2).float().div_(255), y

    def training(self, side):
        return self._training[side]

    def validation(self, side, source=None):
        keep = self.validate[side].copy()
        if source is not None:
            keep &= self.source[side] == source
        return np.flatnonzero(keep)

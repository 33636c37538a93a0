"""The training pictures: from folders to arrays, merged by WordNet id, split by photograph."""

import json
import os
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

WORDNET = re.compile(r"^n\d{8}")
SIDES = (64, 84, 112, 176)  # pictures are kept at the largest of these that they reach
JUDGED = 256                # pictures that judge are kept at this side
HELD_OUT = 20               # one photograph in so many is kept for validation
ALIKE = 0.97                # correlation of two 12x12 grey thumbnails of one photograph
UNKNOWN = -1                # the class of a picture that only a teacher can name


def prepare(sources, words, out, workers, more=(), never=None, every_class=False):
    """Reads the sources (name, folder) and writes the arrays, splits.npz and labels.txt.

    A picture's class is the first part of its path that begins with a WordNet id, or what
    val_annotations.txt beside it says. A photograph that is in several sources is on one side
    of the split only: with validation if any of its copies is.

    more are folders of photographs of anything, for a teacher to name: they are trained on,
    but for copies. Pictures in the folder never judge networks: they are stored beside the
    others, and no copy of them is. The classes are those of the sources' pictures, or with
    every_class all in words (WordNet id, tab, names: one a line), in its order."""
    os.makedirs(out, exist_ok=True)
    called = dict(line.split("\t") for line in Path(words).read_text().splitlines())
    found = sorted((name, *f) for name, folder in sources for f in listing(folder))
    ids = list(called) if every_class else sorted({f[2] for f in found})
    number = {wnid: i for i, wnid in enumerate(ids)}
    found += sorted((name, path, "", False) for name, folder in more for path in photographs(folder))
    names = [name for name, _ in (*sources, *more)]
    label = np.array([number.get(f[2], UNKNOWN) for f in found])
    source = np.array([names.index(f[0]) for f in found])
    with ProcessPoolExecutor(workers) as pool:
        decoded = pool.map(decode, [f[1] for f in found], chunksize=64)
        side, thumbs = store(decoded, out)
        judge = judges(pool, never, number, out) if never else np.zeros((0, 144), np.float32)
    print(f"{np.count_nonzero(side)} of {len(found)} pictures could be read, {len(ids)} classes", flush=True)

    held, used = split(label, thumbs, side, np.array([f[3] for f in found]), np.array([f[0] in dict(more) for f in found]), judge)
    parts = {}
    for s in SIDES:
        at = np.flatnonzero(side == s)
        parts |= {f"label-{s}": label[at], f"source-{s}": source[at], f"validate-{s}": held[at], f"train-{s}": used[at]}
    np.savez(f"{out}/splits.npz", **parts)
    with open(f"{out}/labels.txt", "w") as f:
        f.writelines(f"{i}\t{names}\n" for i, names in zip(ids, told_apart([called[i] for i in ids])))
    count = lambda which: {n: int(np.count_nonzero(which & (source == i))) for i, n in enumerate(names)}
    info = {"sources": names, "classes": len(ids), "train": count(used), "validate": count(held)}
    Path(f"{out}/data.json").write_text(json.dumps(info, indent=1))


def split(label, thumbs, side, official, more, judge):
    """Which pictures validate and which are trained on. Those of more are one group each: copies
    of each other, of pictures that validate and of those that judge are left out."""
    read = side > 0
    spoilt = read & copies(thumbs, judge)
    known = np.flatnonzero(read & ~more & ~spoilt)
    held = np.zeros(len(label), bool)
    held[known] = held_out(groups(label[known], thumbs[known]), official[known]) & (label[known] != UNKNOWN)
    used = read & ~held & ~spoilt
    extra = np.flatnonzero(used & more)
    used[extra] = ~copies(thumbs[extra], thumbs[held]) & ~repeats(thumbs[extra])
    return held, used


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


def photographs(folder):
    """All pictures under a folder."""
    for top, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith((".jpg", ".jpeg", ".png")):
                yield os.path.join(top, name)


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


def decode(path, sides=SIDES):
    """A picture's middle as (side, side, 3) uint8 and its thumbnail (144,), or None."""
    try:
        with Image.open(path) as img:
            img.draft("RGB", (2 * sides[-1], 2 * sides[-1]))  # a JPEG need not be decoded larger
            img = img.convert("RGB")
            w, h = img.size
            short = min(w, h)
            side = max((s for s in sides if s <= short), default=0)
            if not side:
                return None
            box = ((w - short) // 2, (h - short) // 2, (w + short) // 2, (h + short) // 2)
            small = img.resize((side, side), Image.LANCZOS, box)
            thumb = np.asarray(small.convert("L").resize((12, 12), Image.BOX), np.float32).ravel()
            return np.asarray(small), (thumb - thumb.mean()) / (thumb.std() + 1e-3)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def store(decoded, out):
    """Appends decoded pictures to the file of their side. Returns every picture's side, 0 where it
    could not be read, and thumbnail."""
    sides, thumbs = [], []
    files = {s: Growing(f"{out}/pictures-{s}.npy", (s, s, 3)) for s in SIDES}
    for d in decoded:
        sides.append(d[0].shape[0] if d else 0)
        thumbs.append(d[1].astype(np.float32) if d else np.zeros(144, np.float32))
        if d:
            files[sides[-1]].append(d[0])
    for f in files.values():
        f.close()
    return np.array(sides), np.stack(thumbs)


def judges(pool, folder, number, out):
    """Stores the pictures of a folder that may only judge, with the classes that their paths or names begin
    with, and returns their thumbnails."""
    paths = list(photographs(folder))
    read = [(p, d) for p, d in zip(paths, pool.map(judged, paths, chunksize=16)) if d]
    named = [next((m.group() for m in map(WORDNET.match, reversed(p.split(os.sep))) if m), "") for p, _ in read]
    np.save(f"{out}/judge.npy", np.stack([d[0] for _, d in read]))
    np.save(f"{out}/judge-label.npy", np.array([number.get(n, UNKNOWN) for n in named]))
    return np.stack([d[1] for _, d in read])


def judged(path):
    """A picture that judges: its middle at one side, enlarged if it is smaller."""
    for side in (JUDGED, *reversed(SIDES)):
        if d := decode(path, (side,)):
            return np.asarray(Image.fromarray(d[0]).resize((JUDGED, JUDGED), Image.BICUBIC)), d[1]
    return None


class Growing:
    """A NumPy file of uint8 arrays of one shape that is written from front to back."""

    def __init__(self, path, shape):
        self.file, self.shape, self.count = open(path, "wb"), shape, 0
        self.header()
        self.begin = self.file.tell()

    def header(self):
        np.lib.format.write_array_header_1_0(self.file, {"descr": "|u1", "fortran_order": False, "shape": (self.count, *self.shape)})

    def append(self, values):
        self.file.write(values.tobytes())
        self.count += 1

    def close(self):
        self.file.seek(0)
        self.header()  # it is padded: the count at the end takes no more room
        if self.file.tell() != self.begin:
            raise OSError("the header has grown")
        self.file.close()


def copies(thumbs, others, step=2048):
    """Which of the thumbnails are copies of one of the others."""
    found = np.zeros(len(thumbs), bool)
    if len(others):
        for i in range(0, len(thumbs), step):
            found[i:i + step] = (thumbs[i:i + step] @ others.T).max(1) > ALIKE * thumbs.shape[1]
    return found


def repeats(thumbs, step=2048):
    """Which of the thumbnails are copies of an earlier one."""
    found = np.zeros(len(thumbs), bool)
    for i in range(0, len(thumbs), step):
        alike = thumbs[i:i + step] @ thumbs[:i + step].T > ALIKE * thumbs.shape[1]
        found[i:i + step] = np.tril(alike, i - 1).any(1)
    return found


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
        self.folder = folder
        self.info = json.loads(Path(f"{folder}/data.json").read_text())
        self.ids = [line.split("\t")[0] for line in Path(f"{folder}/labels.txt").read_text().splitlines()]
        self.device = device
        self.parts = {s: np.load(f"{folder}/pictures-{s}.npy", mmap_mode="r") for s in SIDES}
        self.label = {s: split[f"label-{s}"] for s in SIDES}
        self.source = {s: split[f"source-{s}"] for s in SIDES}
        self.validate = {s: split[f"validate-{s}"] for s in SIDES}
        self.trained = {s: np.flatnonzero(split[f"train-{s}"]) for s in SIDES}
        self._training = {s: at[self.label[s][at] != UNKNOWN] for s, at in self.trained.items()}
        self._loaded = {}

    def take(self, side, at):
        """Pictures (n, 3, side, side) in [0,1] and labels (n,) on the device."""
        import torch

        if self.device.type == "cuda":  # all of it fits into an accelerator's memory
            if side not in self._loaded:
                self._loaded[side] = torch.from_numpy(np.ascontiguousarray(self.parts[side])).to(self.device)
            x = self._loaded[side][torch.from_numpy(at).to(self.device)]
        else:
            x = torch.from_numpy(self.parts[side][at])
        y = torch.from_numpy(self.label[side][at]).to(self.device)
        return x.permute(0, 3, 1, 2).float().div_(255), y

    def training(self, side):
        """The pictures of a side whose class is known; trained has all."""
        return self._training[side]

    def validation(self, side, source=None):
        keep = self.validate[side].copy()
        if source is not None:
            keep &= self.source[side] == source
        return np.flatnonzero(keep)

    def judge(self):
        """Pictures (n, JUDGED, JUDGED, 3) that may only judge, and their classes, or None."""
        if not os.path.exists(f"{self.folder}/judge.npy"):
            return None
        return np.load(f"{self.folder}/judge.npy", mmap_mode="r"), np.load(f"{self.folder}/judge-label.npy")

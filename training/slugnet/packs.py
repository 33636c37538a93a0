"""Training pictures in files small enough to be sent to a machine that has an accelerator and nothing else.

Every pack is a fair sample of all pictures, so that a run may begin with the first one and take the others
as they come. A picture is kept as WebP, for half of whose quality nobody sees a difference at the sides that a student is shown.
"""

import io
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from .distil import Stock
from .pictures import SIDES, Pictures

SIDE = 160  # pictures are kept no larger, and unpacked to this side
QUALITY = 65
CHUNK = 512


def pack(folders, out, options, most=60_000_000, seed=1, workers=2):
    """Writes the training pictures of the prepared folders as pack-NN.npz of at most so many bytes each, in the folder out:
    the files' bytes one after the other (data) and where each ends (ends), true classes or UNKNOWN (label), the
    stored side (side) and how often one is drawn (often, by distil's options weights, sources and balance)."""
    os.makedirs(out, exist_ok=True)
    listed = [row for folder in folders for row in rows(folder, options)]
    order = np.random.default_rng(seed).permutation(len(listed))
    number, held, size = 0, [], 0
    with ProcessPoolExecutor(workers) as pool:
        for i in range(0, len(order), 64 * CHUNK):
            chunks = [sorted(listed[k] for k in order[j:j + CHUNK]) for j in range(i, min(i + 64 * CHUNK, len(order)), CHUNK)]
            for chunk, files in zip(chunks, pool.map(squeezed, chunks)):
                held.extend(zip(files, chunk))
                size += sum(map(len, files))
                if size > most - 4_000_000:
                    write(f"{out}/pack-{number:02d}.npz", held)
                    number, held, size = number + 1, [], 0
    if held:
        write(f"{out}/pack-{number:02d}.npz", held)


def rows(folder, options):
    """(file of pictures, place in it, side, class, how often it is drawn) of every training picture in a prepared folder."""
    import torch

    pictures = Pictures(folder, torch.device("cpu"))
    often = Often(pictures, options)
    for side in SIDES:
        at = pictures.trained[side]
        path = f"{folder}/pictures-{side}.npy"
        yield from ((path, i, side, y, o) for i, y, o in zip(at, pictures.label[side][at], often.of(side, at)) if o)


class Often:
    """How often a picture is drawn, next to others."""

    def __init__(self, pictures, o):
        self.pictures, self.o = pictures, o
        self.source = np.array([o["sources"].get(n, 1.0) for n in pictures.info["sources"]])
        self.rare = {s: np.ones(len(pictures.label[s])) for s in SIDES}
        if o["balance"] and any(os.path.exists(f"{pictures.folder}/teacher/{s}-0.json") for s in SIDES):
            stock = Stock(pictures, o)
            for s, factor in stock.rareness(o["balance"]).items():
                self.rare[s][stock.at[s]] = factor

    def of(self, side, at):
        return self.o["weights"].get(str(side), 1.0) * self.source[self.pictures.source[side][at]] * self.rare[side][at]


def squeezed(chunk):
    out = []
    for path, i, side, _, _ in chunk:
        picture = Image.fromarray(np.asarray(np.load(path, mmap_mode="r")[i]))
        if side > SIDE:
            picture = picture.resize((SIDE, SIDE), Image.LANCZOS)
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=QUALITY, method=4)
        out.append(file.getvalue())
    return out


def write(path, held):
    files = [f for f, _ in held]
    column = lambda at, kind: np.array([row[at] for _, row in held], kind)
    np.savez(path, data=np.frombuffer(b"".join(files), np.uint8), ends=np.cumsum([len(f) for f in files]),
             side=column(2, np.uint8), label=column(3, np.int16), often=column(4, np.float32))
    print(f"{path}: {len(files)} pictures, {os.path.getsize(path)} bytes", flush=True)


def unpack(path, out, workers):
    """Decodes a pack to the folder out: NAME.npy, (n, SIDE, SIDE, 3) of uint8, and when it is done NAME.npz with the rest."""
    os.makedirs(out, exist_ok=True)
    pack, stem = np.load(path), f"{out}/{Path(path).stem}"
    ends, data = pack["ends"], pack["data"].tobytes()
    begins = np.concatenate([[0], ends[:-1]])
    np.lib.format.open_memmap(stem + ".npy", "w+", np.uint8, (len(ends), SIDE, SIDE, 3)).flush()
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(unsqueezed, [(stem + ".npy", i, [data[b:e] for b, e in zip(begins[i:i + CHUNK], ends[i:i + CHUNK])])
                                   for i in range(0, len(ends), CHUNK)]))
    np.savez(stem + ".part.npz", **{k: pack[k] for k in ("side", "label", "often")})
    os.replace(stem + ".part.npz", stem + ".npz")


def unsqueezed(job):
    path, first, files = job
    store = np.load(path, mmap_mode="r+")
    for i, file in enumerate(files):
        picture = Image.open(io.BytesIO(file)).convert("RGB")
        store[first + i] = np.asarray(picture if picture.size == (SIDE, SIDE) else picture.resize((SIDE, SIDE), Image.BICUBIC))
    store.flush()

"""python3 -m slugnet STAGE: prepare, train, export, channels, curves. See README.md."""

import argparse
import json
import os


def main():
    parser = argparse.ArgumentParser(prog="slugnet", description="Trains the network inside slugpuppy.")
    stages = parser.add_subparsers(dest="stage", required=True)

    s = stages.add_parser("prepare", help="folders of pictures to arrays")
    s.add_argument("--source", action="append", required=True, metavar="NAME=FOLDER", help="again for each set")
    s.add_argument("--words", required=True, help="WordNet id, tab, names: one a line")
    s.add_argument("--out", required=True)
    s.add_argument("--workers", type=int, default=os.cpu_count())

    s = stages.add_parser("train", help="train, or go on with a run that was stopped")
    s.add_argument("--data", required=True)
    s.add_argument("--out", required=True, help="the run's folder: checkpoint, log, options")
    s.add_argument("--begin", help="exported network or checkpoint to begin with")
    s.add_argument("--minutes", type=float, help="stop after so long")
    s.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    s.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change an option of train.DEFAULTS")

    s = stages.add_parser("export", help="checkpoint to what the program embeds")
    s.add_argument("--data", required=True)
    s.add_argument("--checkpoint", required=True, help="of a run, or a network exported before")
    s.add_argument("--out", required=True)
    s.add_argument("--half", action="store_true", help="store weights as float16")

    s = stages.add_parser("channels", help="which channels answer to eyes and whorls")
    s.add_argument("--checkpoint", required=True)

    s = stages.add_parser("curves", help="draw runs' logs as SVG")
    s.add_argument("runs", nargs="+")
    s.add_argument("--out", required=True)

    a = parser.parse_args()
    threads()
    if a.stage == "prepare":
        from . import pictures
        pictures.prepare([tuple(s.split("=", 1)) for s in a.source], a.words, a.out, a.workers)
    elif a.stage == "train":
        from . import train
        options = {k: json.loads(v) for k, v in (s.split("=", 1) for s in a.set)}
        if unknown := set(options) - set(train.DEFAULTS):
            parser.error(f"no such option: {', '.join(sorted(unknown))}; there are {', '.join(train.DEFAULTS)}")
        train.run(a.data, a.out, options, a.begin, a.every, a.minutes)
    elif a.stage == "export":
        from . import export
        export.export(a.data, a.checkpoint, a.out, a.half)
    elif a.stage == "channels":
        from . import channels, export
        net = export.load(a.checkpoint)
        for shape in channels.SHAPES:
            for d, layer, channel in channels.rank(net, shape):
                print(f"{shape:8s} {layer}:{channel:<4d} {d:5.2f}")
    elif a.stage == "curves":
        from . import curves
        curves.draw(a.runs, a.out)


def threads():
    """Uses all processors: some builds of PyTorch begin with one."""
    if "OMP_NUM_THREADS" not in os.environ:
        import torch
        torch.set_num_threads(len(os.sched_getaffinity(0)))


if __name__ == "__main__":
    main()

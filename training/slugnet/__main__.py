"""python3 -m slugnet STAGE: prepare, label, distil, train, export, calibrate, agree, channels, curves. See README.md."""

import argparse
import json
import os


def main():
    parser = argparse.ArgumentParser(prog="slugnet", description="Trains the network inside slugpuppy.")
    stages = parser.add_subparsers(dest="stage", required=True)

    s = stages.add_parser("prepare", help="folders of pictures to arrays")
    s.add_argument("--source", action="append", required=True, metavar="NAME=FOLDER", help="again for each set")
    s.add_argument("--more", action="append", default=[], metavar="NAME=FOLDER", help="photographs of anything, for a teacher to name")
    s.add_argument("--never", metavar="FOLDER", help="pictures that may only judge: no copy of them is trained on")
    s.add_argument("--words", required=True, help="WordNet id, tab, names: one a line")
    s.add_argument("--every-class", action="store_true", help="the classes are all in --words, in its order")
    s.add_argument("--out", required=True)
    s.add_argument("--workers", type=int, default=os.cpu_count())

    s = stages.add_parser("label", help="ask a teacher about the pictures, or go on asking")
    s.add_argument("--data", required=True)
    s.add_argument("--teacher", required=True, metavar="FILE", help="ONNX: a classifier of the data's classes, in their order")
    s.add_argument("--scale", type=float, default=1 / 127.5, help="a float teacher sees shift + scale * value")
    s.add_argument("--shift", type=float, default=-1.0)
    s.add_argument("--node", metavar="FOLDER", help="where npm has installed onnxruntime-node")
    s.add_argument("--crops", type=int, default=1, help="how many of every picture")
    s.add_argument("--sides", type=int, nargs="+", help="only pictures of these sizes")
    s.add_argument("--only", nargs="+", metavar="NAME", help="further crops only of these sources")
    s.add_argument("--minutes", type=float, help="stop after so long")

    s = stages.add_parser("distil", help="learn from a teacher's answers, or go on with a run that was stopped")
    s.add_argument("--data", required=True)
    s.add_argument("--out", required=True, help="the run's folder: checkpoint, log, options")
    s.add_argument("--begin", help="exported network or checkpoint to begin with")
    s.add_argument("--trunk", metavar="FILE", help="ONNX: a network whose activations are regressed")
    s.add_argument("--minutes", type=float, help="stop after so long")
    s.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    s.add_argument("--processes", type=int, default=1, help="so many batches a step, each by a process of its own")
    s.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change an option of distil.DEFAULTS")

    s = stages.add_parser("refit", help="fit a distilled network's last layer to its end, and no other")
    s.add_argument("--data", required=True)
    s.add_argument("--checkpoint", required=True)
    s.add_argument("--out", required=True, metavar="FILE", help="the checkpoint with the new layer")
    s.add_argument("--count", type=int, default=100_000, help="how many views")
    s.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change an option of distil.DEFAULTS: which pictures are drawn")

    s = stages.add_parser("agree", help="how often a network says what the teacher says of pictures that judge")
    s.add_argument("--data", required=True)
    s.add_argument("--checkpoint", required=True)
    s.add_argument("--sides", type=int, nargs="+", default=[96, 128, 160])

    s = stages.add_parser("train", help="train, or go on with a run that was stopped")
    s.add_argument("--data", required=True)
    s.add_argument("--out", required=True, help="the run's folder: checkpoint, log, options")
    s.add_argument("--begin", help="exported network or checkpoint to begin with")
    s.add_argument("--minutes", type=float, help="stop after so long")
    s.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    s.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change an option of train.DEFAULTS")

    s = stages.add_parser("pack", help="training pictures in small files, to be sent to an accelerator")
    s.add_argument("--data", required=True, action="append", metavar="FOLDER", help="prepared pictures; again for more")
    s.add_argument("--out", required=True)
    s.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="weights, sources and balance of distil")
    s.add_argument("--bytes", type=int, default=60_000_000, help="of a pack")

    s = stages.add_parser("unpack", help="what pack made, as arrays")
    s.add_argument("pack")
    s.add_argument("--out", required=True)
    s.add_argument("--workers", type=int, default=os.cpu_count())

    s = stages.add_parser("together", help="distil on an accelerator: the teacher sees what the student is shown")
    s.add_argument("--packs", required=True, metavar="FOLDER", help="unpacked ones; those that come while the run goes on are taken in")
    s.add_argument("--out", required=True)
    s.add_argument("--teacher", required=True, metavar="FILE", help="ONNX, float, pixels in [-1,1]")
    s.add_argument("--minutes", required=True, type=float, help="of the whole schedule")
    s.add_argument("--begin", metavar="FILE", help="checkpoint or exported network to begin with")
    s.add_argument("--trunk", metavar="FILE", help="network whose activations are regressed, ONNX, pixels in [-1,1]")
    s.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an option of together.OPTIONS, the value as JSON")
    s.add_argument("--every", type=int, default=250, help="write log and weights every so many steps")

    s = stages.add_parser("export", help="checkpoint to what the program embeds")
    s.add_argument("--data", required=True)
    s.add_argument("--checkpoint", required=True, help="of a run, or a network exported before")
    s.add_argument("--out", required=True)
    s.add_argument("--half", action="store_true", help="store weights as float16")
    s.add_argument("--most", type=int, help="measure accuracy on so many pictures of each source and size; 0: do not")

    s = stages.add_parser("calibrate", help="write into an exported network how sure it may be")
    s.add_argument("--data", required=True)
    s.add_argument("--network", required=True, metavar="FILE", help="as export made it")
    s.add_argument("--photographs", metavar="FOLDER", help="of anything, neither trained nor judged on")
    s.add_argument("--teacher", metavar="FILE", help="as of label; says what is in the photographs")
    s.add_argument("--scale", type=float, default=1 / 127.5)
    s.add_argument("--shift", type=float, default=-1.0)
    s.add_argument("--node", metavar="FOLDER")
    s.add_argument("--count", type=int, default=1000, help="how many")

    s = stages.add_parser("channels", help="which channels answer to eyes and whorls")
    s.add_argument("--checkpoint", required=True)

    s = stages.add_parser("curves", help="draw runs' logs as SVG")
    s.add_argument("runs", nargs="+")
    s.add_argument("--out", required=True)

    a = parser.parse_args()
    threads()
    if a.stage == "prepare":
        from . import pictures
        named = lambda folders: [tuple(s.split("=", 1)) for s in folders]
        pictures.prepare(named(a.source), a.words, a.out, a.workers, named(a.more), a.never, a.every_class)
    elif a.stage == "train":
        from . import train
        train.run(a.data, a.out, chosen(parser, a.set, train.DEFAULTS), a.begin, a.every, a.minutes)
    elif a.stage == "label":
        from . import label, teacher
        asked = teacher.Classifier(a.teacher, a.scale, a.shift, a.node, torch_threads())
        label.label(a.data, asked, a.sides or label.SIDES, a.crops, a.only, minutes=a.minutes)
    elif a.stage == "distil":
        from . import distil
        distil.run(a.data, a.out, chosen(parser, a.set, distil.DEFAULTS), a.begin, a.trunk, a.every, a.minutes, a.processes)
    elif a.stage == "pack":
        from . import distil, packs
        packs.pack(a.data, a.out, {**distil.DEFAULTS, **chosen(parser, a.set, distil.DEFAULTS)}, a.bytes)
    elif a.stage == "unpack":
        from . import packs
        packs.unpack(a.pack, a.out, a.workers)
    elif a.stage == "together":
        from . import together
        together.run(a.packs, a.out, a.teacher, chosen(parser, a.set, together.OPTIONS), a.minutes, a.begin, a.trunk, a.every)
    elif a.stage == "refit":
        from . import distil, refit
        refit.refit(a.data, a.checkpoint, a.out, chosen(parser, a.set, distil.DEFAULTS), a.count)
    elif a.stage == "agree":
        import torch
        from . import distil, export, pictures
        net, shown = export.load(a.checkpoint), pictures.Pictures(a.data, torch.device("cpu"))
        print(json.dumps({f"{side} px": distil.agreement(net, shown, side) for side in a.sides}, indent=1))
    elif a.stage == "export":
        from . import export
        export.export(a.data, a.checkpoint, a.out, a.half, a.most)
    elif a.stage == "calibrate":
        import torch
        from . import calibrate, export, pictures, teacher
        asked = teacher.Classifier(a.teacher, a.scale, a.shift, a.node, torch_threads()) if a.teacher else None
        shown = pictures.Pictures(a.data, torch.device("cpu"))
        folder = a.photographs if asked else None
        print(json.dumps(calibrate.calibrate(export.load(a.network), a.network, shown, folder, asked, a.count), indent=1))
    elif a.stage == "channels":
        from . import channels, export
        net = export.load(a.checkpoint)
        for shape in channels.SHAPES:
            for d, layer, channel in channels.rank(net, shape):
                print(f"{shape:8s} {layer}:{channel:<4d} {d:5.2f}")
    elif a.stage == "curves":
        from . import curves
        curves.draw(a.runs, a.out)


def chosen(parser, settings, defaults):
    """Options from settings NAME=VALUE, the values as JSON."""
    options = {k: json.loads(v) for k, v in (s.split("=", 1) for s in settings)}
    if unknown := set(options) - set(defaults):
        parser.error(f"no such option: {', '.join(sorted(unknown))}; there are {', '.join(defaults)}")
    return options


def torch_threads():
    import torch
    return torch.get_num_threads()


def threads():
    """Uses all processors: some builds of PyTorch begin with one."""
    if "OMP_NUM_THREADS" not in os.environ:
        import torch
        torch.set_num_threads(len(os.sched_getaffinity(0)))


if __name__ == "__main__":
    main()

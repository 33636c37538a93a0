"""From a checkpoint to what the program embeds: ONNX, labels, reference tensors, figures."""

import json
import os
from pathlib import Path

import numpy as np
import torch

from . import evaluate
from .builds import BUILDS
from .network import STEM, Slugnet, exported
from .pictures import Pictures
from .slugnet2 import DESIGNS, Slugnet2


SIGHTS = (96, 128)  # the short sides, in pixels, at which the program looks at a picture
BACKGROUND = "n00000000"  # the class of what is no thing


def load(checkpoint):
    """The averaged weights of a checkpoint, or an exported network, of either kind, without batch norm."""
    done = checkpoint.endswith(".onnx")
    state = {"average": exported(checkpoint)} if done else torch.load(checkpoint, map_location="cpu")
    weights = state["average"]
    if "build" in state:
        net = BUILDS[state["build"]](weights["fc.bias"].shape[0], state["width"]).eval()
        net.load_state_dict(weights)
        return net.fold()
    classes, width = weights["fc.bias"].shape[0], weights["s1.conv.weight"].shape[0] / STEM[0]
    if done and "lens" in weights:
        state["options"] = read(weights, width)
    net = (Slugnet2(classes, **state["options"]) if "options" in state else Slugnet(classes, width)).eval()
    if done:
        net.fold()
    net.load_state_dict(weights)
    return net if done else net.fold()


def read(weights, width):
    """The options of an exported Slugnet2, from its weights."""
    blocks = {name.split(".")[0].removeprefix("i") for name in weights if name.startswith("i")}
    design = next(d for d, names in DESIGNS.items() if set(names) == blocks)
    soft = weights["lens"][:, 3:, 0, 0]
    return {"design": design, "width": width, "colour": round(float(soft[0, 0] - soft[0, 1]), 3)}


class Named(torch.nn.Module):
    """Gives logits and all layers as a tuple, as ONNX wants it."""

    def __init__(self, net):
        super().__init__()
        self.n = net

    def forward(self, image):
        out = self.n.activations(image)
        return (out["logits"], *(out[layer] for layer in self.n.layers))


def named(labels, names):
    """Lines of WordNet id, tab, names with the names that names (id, tab, name) has put first: what a label is called
    alone says what it is, a lighthouse rather than a beacon."""
    first = dict(line.split("\t") for line in names.splitlines())
    out = []
    for line in labels.splitlines():
        number, called = line.split("\t")
        every = called.split(", ")
        if number in first:
            every = [first[number]] + [n for n in every if n != first[number]]
        out.append(f"{number}\t{', '.join(every)}\n")
    return "".join(out)


def export(data, checkpoint, out, half, most=None):
    """Writes slugnet.onnx (weights as float16 if half) with the labels and notes that the program
    reads beside it, reference/ and figures.json. With most the accuracy is measured on so many pictures of each
    source and size; 0 does not measure it."""
    os.makedirs(out, exist_ok=True)
    pictures = Pictures(data, torch.device("cpu"))
    net = load(checkpoint)
    if half:
        with torch.no_grad():
            for p in net.parameters():
                if p.ndim > 1:  # biases stay as they are
                    p.copy_(p.half().float())
    path = f"{out}/slugnet.onnx"
    names = ["logits"] + ["layer_" + layer for layer in net.layers]
    axes = {n: {0: "n", 2: "h", 3: "w"} for n in ["image", *names[1:]]} | {"logits": {0: "n"}}
    torch.onnx.export(Named(net), torch.zeros(1, 3, 64, 64), path, opset_version=13,
                      input_names=["image"], output_names=names, dynamic_axes=axes)
    if half:
        halve(path)
    names = Path(__file__).with_name("names.txt").read_text()
    Path(f"{out}/slugnet.labels.txt").write_text(named(Path(f"{data}/labels.txt").read_text(), names))
    things = sum(i != BACKGROUND for i in pictures.ids)
    notes = {"about": f"slugnet with {things} classes", "sights": SIGHTS}
    Path(f"{out}/slugnet.json").write_text(json.dumps(notes, indent=1))
    reference(net, pictures, f"{out}/reference")
    scores = evaluate.accuracy(net, pictures, SIGHTS, most, mirror=True) if most != 0 else {}
    figures = {"parameters": sum(p.numel() for p in net.parameters()), "bytes": os.path.getsize(path), "data": pictures.info, "accuracy": scores}
    Path(f"{out}/figures.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(scores, indent=1))


def halve(path):
    """Stores an ONNX file's weights as float16 with a Cast to float32 behind each."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    casts = []
    for t in model.graph.initializer:
        values = numpy_helper.to_array(t)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < 1024:
            continue
        name = t.name
        t.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
        casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def reference(net, pictures, out):
    """Tensors that other implementations must reproduce: float32, little endian; index.json
    has the shapes. Their names end in the picture's height and width: grad_meansq_L is
    d(mean(L^2))/d(image), grad_logitN is d(logits[0,N])/d(image) with N for banana."""
    os.makedirs(out, exist_ok=True)
    index = {}

    def put(name, t):
        np.ascontiguousarray(t.detach().numpy(), "<f4").tofile(f"{out}/{name}.f32")
        index[name] = list(t.shape)

    number = pictures.ids.index("n07753592") if "n07753592" in pictures.ids else 0
    shake = torch.Generator().manual_seed(7)
    for h, w in ((32, 32), (37, 45)):
        x = torch.rand(1, 3, h, w, generator=shake)
        put(f"image_{h}x{w}", x)
        for layer, value in net.activations(x).items():
            put(layer + f"_{h}x{w}" if layer == "logits" else f"layer_{layer}_{h}x{w}", value)
        for layer in net.layers[3:]:
            z = x.clone().requires_grad_()
            put(f"grad_meansq_{layer}_{h}x{w}", torch.autograd.grad(net.activations(z)[layer].square().mean(), z)[0])
        z = x.clone().requires_grad_()
        put(f"grad_logit{number}_{h}x{w}", torch.autograd.grad(net(z)[0, number], z)[0])
    Path(f"{out}/index.json").write_text(json.dumps(index, indent=1))

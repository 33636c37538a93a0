"""Runs networks of others, from ONNX files: teachers, and the trunk whose activations are regressed.

Classifiers go through onnxruntime if Python has it, or else through npm's onnxruntime-node in a
folder one names, or else through PyTorch, which is several times slower and does not know
integer convolutions.
"""

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F


class Classifier:
    """Logits of an ONNX file's first output for pictures (n, side, side, 3) of uint8.

    The file's input is uint8 in that order, or float32 (n, 3, side, side); then shift + scale * value is put
    in front, for values in [0,255]."""

    def __init__(self, path, scale=1 / 127.5, shift=-1.0, node=None, threads=2):
        import onnx

        self.model = prepared(onnx.load(path), scale, shift)
        self.run = through_onnxruntime(self.model, threads) or (through_node(self.model, node, threads) if node else through_torch(self.model))

    def logits(self, pictures):
        return self.run(np.ascontiguousarray(pictures))


def prepared(model, scale, shift):
    """The model with an input of uint8 pictures, their channels last."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    weights = {t.name for t in graph.initializer}
    image = next(i for i in graph.input if i.name not in weights)
    if image.type.tensor_type.elem_type == TensorProto.UINT8:
        return model
    front = [helper.make_node("Transpose", ["pictures_uint8"], ["pictures_planes"], perm=[0, 3, 1, 2]),
             helper.make_node("Cast", ["pictures_planes"], ["pictures_float"], to=TensorProto.FLOAT),
             helper.make_node("Mul", ["pictures_float", "pictures_scale"], ["pictures_scaled"]),
             helper.make_node("Add", ["pictures_scaled", "pictures_shift"], [image.name])]
    graph.initializer.extend([numpy_helper.from_array(np.float32(scale), "pictures_scale"), numpy_helper.from_array(np.float32(shift), "pictures_shift")])
    nodes = front + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    graph.input.remove(image)
    graph.input.append(helper.make_tensor_value_info("pictures_uint8", TensorProto.UINT8, ["n", "h", "w", 3]))
    return model


def through_onnxruntime(model, threads):
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    image, logits = session.get_inputs()[0].name, session.get_outputs()[0].name
    return lambda x: session.run([logits], {image: x})[0]


# Answers batches from its input: how many pictures and their side as uint32, then the pictures.
NODE = """
import { createRequire } from 'node:module'
import fs from 'node:fs'
const [file, folder, threads] = process.argv.slice(2)
const ort = createRequire(folder + '/')('onnxruntime-node')
const session = await ort.InferenceSession.create(file, { intraOpNumThreads: +threads })
const read = n => {
  const b = Buffer.alloc(n)
  for (let at = 0; at < n;) {
    const got = fs.readSync(0, b, at, n - at)
    if (!got) process.exit(0)
    at += got
  }
  return b
}
for (;;) {
  const head = read(8), n = head.readUInt32LE(0), side = head.readUInt32LE(4)
  const pixels = new Uint8Array(read(n * side * side * 3))
  const out = await session.run({ [session.inputNames[0]]: new ort.Tensor('uint8', pixels, [n, side, side, 3]) })
  const { data } = out[session.outputNames[0]]
  const b = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  for (let at = 0; at < b.length;) at += fs.writeSync(1, b, at)
}
"""


def through_node(model, folder, threads):
    """Through onnxruntime-node, installed in the folder."""
    import onnx

    work = tempfile.mkdtemp()
    onnx.save(model, f"{work}/model.onnx")
    Path(f"{work}/answer.mjs").write_text(NODE)
    child = subprocess.Popen(["node", f"{work}/answer.mjs", f"{work}/model.onnx", str(Path(folder).resolve()), str(threads)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    width = []

    def run(x):
        child.stdin.write(struct.pack("<II", len(x), x.shape[1]) + x.tobytes())
        child.stdin.flush()
        if not width:
            width.append(outputs(model))
            shutil.rmtree(work)  # the child has read it when it answers
        data = child.stdout.read(4 * len(x) * width[0])
        if len(data) < 4 * len(x) * width[0]:
            raise OSError("the teacher's process ended; its message is above")
        return np.frombuffer(data, "<f4").reshape(len(x), -1)

    return run


def outputs(model):
    """How many logits a model gives, as its file says."""
    return model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value


def through_torch(model):
    net = Graph(model)

    @torch.inference_mode()
    def run(x):
        return net(torch.from_numpy(x))[0].numpy()

    return run


class Graph(torch.nn.Module):
    """An ONNX file as a PyTorch module without gradients: convolutions, pools and what goes with them.

    wanted are names of values to give back instead of the file's outputs."""

    def __init__(self, model, wanted=None):
        super().__init__()
        from onnx import helper, numpy_helper

        weights = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
        self.input = next(i.name for i in model.graph.input if i.name not in weights)
        self.wanted = wanted or [o.name for o in model.graph.output]
        self.nodes = []
        for n in model.graph.node:
            attributes = {a.name: helper.get_attribute_value(a) for a in n.attribute}
            if n.op_type == "Constant":
                weights[n.output[0]] = torch.from_numpy(numpy_helper.to_array(attributes["value"]).copy())
            elif n.op_type == "Cast" and n.input[0] in weights:
                weights[n.output[0]] = weights[n.input[0]].float()
            else:
                self.nodes.append((n.op_type, list(n.input), n.output[0], attributes))
        self.nodes = needed(self.nodes, self.wanted)
        used = {name for _, inputs, _, _ in self.nodes for name in inputs}
        self.numbers = {n: v.item() for n, v in weights.items() if n in used and v.ndim == 0}  # an accelerator need not be asked
        self.places = {}
        for i, (name, value) in enumerate((n, v) for n, v in weights.items() if n in used and n not in self.numbers):
            self.places[name] = f"w{i}"
            self.register_buffer(f"w{i}", value.float() if value.dtype == torch.float16 else value)

    def forward(self, x):
        values = {self.input: x} | self.numbers | {name: getattr(self, place) for name, place in self.places.items()}
        for op, inputs, output, attributes in self.nodes:
            values[output] = OPERATIONS[op](attributes, *(values[i] for i in inputs if i))
        return [values[name] for name in self.wanted]


def needed(nodes, wanted):
    """The nodes that the wanted values are computed from."""
    names, kept = set(wanted), []
    for node in reversed(nodes):
        if node[2] in names:
            names.update(node[1])
            kept.append(node)
    return kept[::-1]


def padded(x, attributes, value=0.0):
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    return F.pad(x, (left, right, top, bottom), value=value) if top or left or bottom or right else x


def convolve(a, x, weight, bias=None):
    pads = tuple(a.get("pads", (0, 0, 0, 0)))
    even = pads[:2] == pads[2:]
    return F.conv2d(x if even else padded(x, a), weight, bias, a.get("strides", 1), pads[:2] if even else 0, a.get("dilations", 1), a.get("group", 1))


def most(a, x):
    return F.max_pool2d(padded(x, a, -torch.inf), a["kernel_shape"], a.get("strides", 1), ceil_mode=bool(a.get("ceil_mode", 0)))


def average(a, x):
    pads = a.get("pads", (0, 0, 0, 0))
    if pads[:2] != pads[2:]:
        raise NotImplementedError(f"an average with pads {pads}")
    return F.avg_pool2d(x, a["kernel_shape"], a.get("strides", 1), pads[:2], bool(a.get("ceil_mode", 0)), bool(a.get("count_include_pad", 0)))


def fully(a, x, weight, bias=0):
    weight = weight if a.get("transB", 0) else weight.T
    return a.get("alpha", 1.0) * (x @ weight.T) + a.get("beta", 1.0) * bias


OPERATIONS = {
    "Conv": convolve, "MaxPool": most, "AveragePool": average, "Gemm": fully,
    "Relu": lambda a, x: F.relu(x), "Clip": lambda a, x, low, high: x.clamp(float(low), float(high)),
    "Add": lambda a, x, y: x + y, "Sub": lambda a, x, y: x - y, "Mul": lambda a, x, y: x * y, "Div": lambda a, x, y: x / y,
    "Concat": lambda a, *x: torch.cat(x, a["axis"]), "Transpose": lambda a, x: x.permute(a["perm"]),
    "Cast": lambda a, x: x.float(), "Identity": lambda a, x: x, "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
    "ReduceMean": lambda a, x: x.mean(a["axes"], keepdim=bool(a.get("keepdims", 1))),
    "Pad": lambda a, x, pads, value=0.0: F.pad(x, [int(p) for i in (3, 2, 1, 0) for p in (pads[i], pads[i + 4])], value=float(value)),
}

"""The timing half of compare-torch: the same work in PyTorch, onnxruntime and slugpuppy, in turns.

PyTorch runs in both memory layouts, normalisation folded into the convolutions and ReLU in
place, and the better layout counts. Every figure is the shortest of all repeats of all rounds,
because other work on the machine only ever makes things slower.
"""
import copy
import json
import math
import os
import random
import shutil
import subprocess
import time

import torch
from torch import nn
from torch.nn import functional as F

LAYOUTS = {"channels last": torch.channels_last, "contiguous": torch.contiguous_format}


# ONNX files, read without the onnx package: as much as the embedded network needs.

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """The fields of a protocol buffers message: number and integer or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
            yield key >> 3, value
            continue
        n = {1: 8, 5: 4}.get(key & 7)
        if n is None:
            n, at = varint(data, at)
        yield key >> 3, data[at:at + n]
        at += n


def every(message, number):
    return [v for k, v in fields(message) if k == number]


def tensor(message):
    f = dict(fields(message))
    dims = integers(every(message, 1))
    kind = {1: torch.float32, 7: torch.int64, 10: torch.float16}[f[2]]
    raw = f[9] if 9 in f else b"".join(every(message, 4))
    return f.get(8, b"").decode(), torch.frombuffer(bytearray(raw), dtype=kind).reshape(dims)


def integers(values):
    """Repeated integers, written one by one or packed."""
    all = []
    for v in values:
        if isinstance(v, int):
            all.append(v)
            continue
        at = 0
        while at < len(v):
            n, at = varint(v, at)
            all.append(n)
    return all


def attribute(message):
    f = dict(fields(message))
    if 5 in f:
        return f[1].decode(), tensor(f[5])[1]
    return f[1].decode(), integers(every(message, 8)) or f.get(3, 0)


class OnnxNet(nn.Module):
    """A network read from an ONNX file; forward returns all values up to those wanted."""

    def __init__(self, path):
        super().__init__()
        graph = every(open(path, "rb").read(), 7)[0]
        self.values = dict(tensor(t) for t in every(graph, 5))
        self.input = every(every(graph, 11)[0], 1)[0].decode()
        self.steps, self.convs = [], nn.ModuleDict()
        for node in every(graph, 1):
            ins, outs = [v.decode() for v in every(node, 1)], [v.decode() for v in every(node, 2)]
            op, attrs = every(node, 4)[0].decode(), dict(attribute(a) for a in every(node, 5))
            if op == "Constant":
                self.values[outs[0]] = attrs["value"]
                continue
            if op == "Cast":  # of weights kept as float16
                self.values[outs[0]] = self.values[ins[0]].float()
                continue
            self.steps.append((op, ins, outs[0], attrs))
            if op == "Conv":
                w, b = self.values[ins[1]], self.values[ins[2]] if len(ins) > 2 else None
                top, left, bottom, right = attrs.get("pads", [0] * 4)
                assert (top, left) == (bottom, right)
                conv = nn.Conv2d(w.shape[1], w.shape[0], w.shape[2:], attrs.get("strides", 1), (top, left), bias=b is not None)
                conv.weight.data = w
                if b is not None:
                    conv.bias.data = b
                self.convs[str(len(self.steps) - 1)] = conv

    def forward(self, x, wanted):
        v = dict(self.values)
        v[self.input] = x
        for i, (op, ins, out, attrs) in enumerate(self.steps):
            a = v[ins[0]]
            if op == "Conv":
                y = self.convs[str(i)](a)
            elif op == "Relu":
                y = torch.relu_(a)
            elif op in ("Sub", "Div"):
                y = a - v[ins[1]] if op == "Sub" else a / v[ins[1]]
            elif op == "MaxPool":
                y = F.max_pool2d(a, attrs["kernel_shape"], attrs["strides"], attrs.get("pads", [0, 0])[:2], ceil_mode=bool(attrs.get("ceil_mode", 0)))
            elif op == "AveragePool":
                top, left, bottom, right = attrs.get("pads", [0] * 4)
                assert (top, left) == (bottom, right)
                y = F.avg_pool2d(a, attrs["kernel_shape"], attrs.get("strides", 1), (top, left), bool(attrs.get("ceil_mode", 0)),
                                 bool(attrs.get("count_include_pad", 0)))
            elif op == "Add":
                y = a + v[ins[1]]
            elif op == "Concat":
                y = torch.cat([v[k] for k in ins], 1)
            elif op == "ReduceMean":
                y = a.mean((2, 3))
            elif op == "Gemm":
                y = F.linear(a, v[ins[1]] if attrs.get("transB") else v[ins[1]].t(), v[ins[2]])
            else:
                raise ValueError(f"operator {op}")
            v[out] = y
            if all(k in v for k in wanted):
                break
        return [v[k] for k in wanted]


# The embedded network's work.

def binomial(x):
    k = torch.tensor([1., 4., 6., 4., 1.]) / 16
    x = F.conv2d(F.pad(x, (2, 2, 0, 0), "replicate"), k.view(1, 1, 1, 5).expand(3, 1, 1, 5), stride=(1, 2), groups=3)
    return F.conv2d(F.pad(x, (0, 0, 2, 2), "replicate"), k.view(1, 1, 5, 1).expand(3, 1, 5, 1), stride=(2, 1), groups=3)


def bands(g, levels=4):
    """Bring the frequencies of a gradient to equal strength, as dream/bands.go does."""
    parts = []
    for _ in range(levels - 1):
        low = binomial(g)
        parts.append(g - F.interpolate(low, size=g.shape[2:], mode="bilinear", align_corners=False))
        g = low
    parts.append(g)
    out = parts[-1] / parts[-1].pow(2).mean().sqrt()
    for p in reversed(parts[:-1]):
        out = p / p.pow(2).mean().sqrt() + F.interpolate(out, size=p.shape[2:], mode="bilinear", align_corners=False)
    return out


class Slugnet:
    def __init__(self, path, layout):
        self.layout = layout
        self.net = OnnxNet(path).eval().to(memory_format=layout)
        self.layers = [out for _, _, out, _ in self.net.steps if out.startswith("layer_")]
        for p in self.net.parameters():
            p.requires_grad_(False)

    def run(self, x, wanted):
        return self.net(x.contiguous(memory_format=self.layout), wanted)

    def see(self, x, sides):
        with torch.no_grad():
            for side in sides:
                small = F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)
                for view in (small, small.flip(3)):
                    torch.softmax(self.run(view, ["logits"])[0], 1)

    def gradient(self, x):
        x = x.detach().requires_grad_(True)
        y, = self.run(x, ["layer_5b"])
        return torch.autograd.grad((y * y).mean(), x)[0].contiguous()

    def dream(self, source, octaves=4, scale=1.4, steps=10, margin=32):
        """What Maker.Dream does: it looks at the picture, climbs, and looks at the dream."""
        rng = random.Random(1)
        n = source.shape[2]
        self.see(source, (96, 128))
        detail = None
        for i in reversed(range(octaves)):
            side = round(n * scale ** -i)
            base = F.interpolate(source, size=(side, side), mode="bicubic", antialias=True)
            img = base.clone()
            if detail is not None:
                img += F.interpolate(detail, size=(side, side), mode="bicubic")
            for _ in range(steps):
                x0, y0 = rng.randrange(margin + 1), rng.randrange(margin + 1)
                mirror = lambda at: torch.tensor([-1 - j if j < 0 else 2 * side - 1 - j if j >= side else j for j in range(-at, side + margin - at)])
                g = self.gradient(img[:, :, mirror(y0)][:, :, :, mirror(x0)])
                g = bands(g)
                g *= 0.006 / g.pow(2).mean().sqrt()
                img = (img + g[:, :, y0:y0 + side, x0:x0 + side]).clamp_(0, 1)
            detail = img - base
        self.see((source + detail).clamp(0, 1), (192, 256, 320))

    def fingerprint(self, source):
        """What a picture is judged by, but for its texture, which is only measured there: three numbers
        of each channel of each layer."""
        parts = []
        with torch.no_grad():
            for y in self.run(source, self.layers):
                y = y[0].flatten(1)
                top = y.topk(max(1, round(0.02 * y.shape[1])), dim=1)[0]
                parts += [y.mean(1).log1p(), y.std(1, unbiased=False), top.mean(1)]
        return torch.cat(parts)


# GoogLeNet up to its last inception block.

class Trunk(nn.Module):
    BLOCKS = ("conv1 maxpool1 conv2 conv3 maxpool2 inception3a inception3b maxpool3 "
              "inception4a inception4b inception4c inception4d inception4e maxpool4 inception5a inception5b").split()

    def __init__(self, net):
        super().__init__()
        for name in self.BLOCKS:
            setattr(self, name, getattr(net, name))
        for m in list(self.modules()):
            if hasattr(m, "bn"):
                m.conv, m.bn = nn.utils.fusion.fuse_conv_bn_eval(m.conv, m.bn), nn.Identity()
        for p in self.parameters():
            p.requires_grad_(False)

    def forward(self, x):
        for name in self.BLOCKS:
            x = getattr(self, name)(x)
        return x


def shortest(work, seconds, least=2):
    """The shortest time of a call, in ms."""
    work()
    best, n, end = math.inf, 0, time.perf_counter() + seconds
    while n < least or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        n += 1
    return best * 1000


NODE = """
const ort = require('onnxruntime-node'), [path, size, threads, seconds] = process.argv.slice(1);
(async () => {
  const s = await ort.InferenceSession.create(path, {intraOpNumThreads: +threads, interOpNumThreads: 1, graphOptimizationLevel: 'all'});
  const x = new ort.Tensor('float32', Float32Array.from({length: 3 * size * size}, Math.random), [1, 3, +size, +size]);
  let best = Infinity;
  await s.run({[s.inputNames[0]]: x});
  for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
    const start = performance.now();
    await s.run({[s.inputNames[0]]: x});
    best = Math.min(best, performance.now() - start);
  }
  console.log(best);
})();
"""


VERSION = "console.log(require('onnxruntime-node/package.json').version)"


def versions():
    """What was measured where and when, in one line."""
    names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    family, model = (next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith(k)) for k in ("cpu family", "model\t"))
    text = f"{time.strftime('%-d %B %Y')}: {names[0]}, family {family}, model {model}, {len(names)} processors; PyTorch {torch.__version__}"
    if shutil.which("node"):
        out = subprocess.run(["node", "-e", VERSION], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
        text += f"; onnxruntime {out}" if out else ""
    return text


def onnxruntime(path, size, threads, seconds):
    """The shortest time in onnxruntime, through Node.js's onnxruntime-node; None without it."""
    if not shutil.which("node"):
        return None
    out = subprocess.run(["node", "-e", NODE, path, str(size), str(threads), str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return float(out.stdout) if out.returncode == 0 else None


class Race:
    """Times of several programs at several kinds of work."""

    def __init__(self, program, threads, seconds):
        self.program, self.threads, self.seconds, self.best, self.notes = program, threads, seconds, {}, {}
        torch.set_num_threads(threads)

    def note(self, work, who, ms):
        if ms is not None:
            key = work, who
            self.best[key] = min(ms, self.best.get(key, math.inf))

    def ours(self, names, *args):
        """Run bench; names gives the line of the table to each kind of work."""
        said = subprocess.run([self.program, "bench", "--json", "--threads", str(self.threads), "--time", f"{self.seconds}s",
                               "--only", ",".join(names), *args], stdout=subprocess.PIPE, check=True, text=True).stdout
        for line, name in zip(said.splitlines(), names.values()):
            m = json.loads(line)
            self.note(name, "slugpuppy", m["ms"])
            old = self.notes.get(name)
            if old is None or m.get("gorgonia_overhead", 0) < old.get("gorgonia_overhead", 0):
                self.notes[name] = m

    def trunk(self, folder, net):
        net = Trunk(net)
        nets = {k: copy.deepcopy(net).to(memory_format=v) for k, v in LAYOUTS.items()}
        for size in (224, 512):
            path = os.path.join(folder, f"trunk{size}.onnx")
            torch.onnx.export(net, torch.zeros(1, 3, size, size), path, opset_version=13)
            forward, gradient = f"GoogLeNet trunk {size}, forward", f"GoogLeNet trunk {size}, forward and gradient"
            rough = f"GoogLeNet trunk {size}, forward and gradient in bfloat16"
            self.ours({"forward": forward, "gradient": gradient, "rough": rough}, "--model", path, "--layer", "logits", "--size", str(size))
            for layout, n in nets.items():
                x = torch.rand(1, 3, size, size).contiguous(memory_format=LAYOUTS[layout])

                def infer():
                    with torch.no_grad():
                        n(x)

                def differentiate():
                    y = x.detach().requires_grad_(True)
                    torch.autograd.grad(n(y).pow(2).mean(), y)

                self.note(forward, layout, shortest(infer, self.seconds))
                self.note(gradient, layout, shortest(differentiate, self.seconds))
            self.note(forward, "onnxruntime", onnxruntime(path, size, self.threads, self.seconds))
        self.ours({"overhead": "overhead"}, "--model", path, "--layer", "logits", "--size", "512")
        self.ours({"gradient": "memory"}, "--model", path, "--layer", "logits", "--size", "512")

    def slugnet(self, path):
        dream, fingerprint = "slugnet, dream 512x512, 4 octaves x 10", "slugnet, fingerprint of 341x256"
        self.ours({"dream": dream, "fingerprint": fingerprint}, "--size", "512")
        for layout, kind in LAYOUTS.items():
            net = Slugnet(path, kind)
            big, small = torch.rand(1, 3, 512, 512), torch.rand(1, 3, 256, 341)
            self.note(dream, layout, shortest(lambda: net.dream(big), self.seconds, least=1))
            self.note(fingerprint, layout, shortest(lambda: net.fingerprint(small), self.seconds))

    def table(self):
        targets = {"224, forward": (0.60, 0.95), "512, forward": (0.60, 0.85), "gradient": (0.60, None), "x 10": (0.40, None), "341x256": (0.50, None)}
        print(versions() + "\n")
        print("| work | slugpuppy ms | PyTorch ms, channels last / contiguous | of PyTorch | target | onnxruntime ms | of onnxruntime | target |")
        print("|---|---|---|---|---|---|---|---|")
        for work in dict.fromkeys(k for k, _ in self.best):
            goal = next((v for k, v in targets.items() if work.endswith(k)), None)
            if goal is None:
                continue
            t = {who: ms for (w, who), ms in self.best.items() if w == work}
            torch_best, ort = min(t["channels last"], t["contiguous"]), t.get("onnxruntime")
            print(f"| {work} | {t['slugpuppy']:.1f} | {t['channels last']:.1f} / {t['contiguous']:.1f} | {t['slugpuppy'] / torch_best:.2f} | {goal[0]:.2f} | "
                  + (f"{ort:.1f} | {t['slugpuppy'] / ort:.2f} | {goal[1]:.2f} |" if ort else "| | |"))
        for work, t in self.best.items():
            if work[0].endswith("bfloat16"):
                exact = self.best[work[0].removesuffix(" in bfloat16"), "slugpuppy"]
                print(f"{work[0]}: {t:.1f} ms, {t / exact:.2f} of float32 (target 0.60)")
        o, m = self.notes["overhead"], self.notes["memory"]
        print(f"\nGoogLeNet trunk 512, gradient: {100 * o['gorgonia_overhead']:.2f} % over the bare kernels "
              f"(gorgonia's own machine {100 * o['tape_overhead']:.1f} %, target 3 %); "
              f"{m['allocs']:.0f} allocations of {m['alloc_kb']:.1f} KB in all a step (target 100, 64 KB); "
              f"{m['process_peak_mb']:.0f} MB at the peak of the whole process (target 250), {m['plan_mb']:.0f} of it the plan, {m['weights_mb']:.0f} the weights")
        if not any(who == "onnxruntime" for _, who in self.best):
            print("onnxruntime was not measured: install Node.js and its package onnxruntime-node, and let NODE_PATH name the folder.")

"""python3 -m unittest slugnet.test_slugnet, in the folder above. Needs what training needs."""

import json
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from . import augment, channels, curves, evaluate, export, pictures, train
from .network import LAYERS, Slugnet, warm

CATS, DOGS = "n02123045", "n02085620"


def paint(path, seed, side=64):
    """A picture of its own from a seed, saved at the side."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    rough = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
    Image.fromarray(rough).resize((224, 224), Image.BICUBIC).resize((side, side), Image.LANCZOS).save(path, quality=92)


def world(folder):
    """Two sets that share photographs 0 to 4 of the cats at different sizes."""
    for n in range(60):
        paint(f"{folder}/small/train/{(CATS, DOGS)[n % 2]}/{n}.jpg", n)
    for n in range(5):
        paint(f"{folder}/large/{CATS}-tabby/{n}.jpg", 2 * n, 128)
    for n in range(4):
        paint(f"{folder}/small/val/images/val_{n}.jpg", 1000 + n)
    paint(f"{folder}/small/val/images/val_9.jpg", 0, 70)  # a photograph of the training set
    with open(f"{folder}/small/val/val_annotations.txt", "w") as f:
        f.writelines(f"val_{n}.jpg\t{CATS}\t0\t0\t9\t9\n" for n in (0, 1, 2, 3, 9))
    with open(f"{folder}/words.txt", "w") as f:
        f.write(f"{CATS}\ttabby, tabby cat\n{DOGS}\tChihuahua\n")
    pictures.prepare([("small", f"{folder}/small"), ("large", f"{folder}/large")], f"{folder}/words.txt", f"{folder}/data", 1)
    return f"{folder}/data"


QUICK = {"steps": 6, "batch": 8, "sides": [[0, 32]], "width": 0.25, "warmup": 1}


class Tests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        torch.manual_seed(1)

    def test_copies_of_a_photograph_are_on_one_side_of_the_split(self):
        data = world(self.folder)
        p = pictures.Pictures(data, torch.device("cpu"))
        self.assertEqual(p.ids, [DOGS, CATS])
        self.assertEqual(len(p.label[64]), 65)
        self.assertEqual(len(p.label[112]), 5)
        # photograph 0 is held out because val_9 is a copy of it
        self.assertTrue(p.validate[112][0])
        thumbs = {}
        for side in (64, 112):
            for img, held in zip(p.parts[side], p.validate[side]):
                t = np.asarray(Image.fromarray(img).convert("L").resize((12, 12), Image.BOX), np.float32).ravel()
                thumbs.setdefault(held, []).append((t - t.mean()) / t.std())
        alike = np.stack(thumbs[True]) @ np.stack(thumbs[False]).T / 144
        self.assertLess(alike.max(), pictures.ALIKE)

    def test_classes_that_begin_alike_get_another_name_first(self):
        self.assertEqual(pictures.told_apart(["cardigan", "Cardigan, Cardigan Welsh corgi", "pug, pug-dog"]),
                         ["cardigan", "Cardigan Welsh corgi, Cardigan", "pug, pug-dog"])

    def test_broken_files_are_left_out(self):
        os.makedirs(f"{self.folder}/x/{CATS}")
        Path(f"{self.folder}/x/{CATS}/broken.jpg").write_text("no picture")
        self.assertIsNone(pictures.decode(f"{self.folder}/x/{CATS}/broken.jpg"))

    def test_folding_changes_nothing(self):
        net = Slugnet(5, 0.5)
        net.train()
        for _ in range(3):
            net(torch.rand(8, 3, 48, 48))
        net.eval()
        x = torch.rand(2, 3, 40, 56)
        before = net.activations(x)
        after = net.fold().activations(x)
        for name in (*LAYERS, "logits"):
            torch.testing.assert_close(after[name], before[name], rtol=1e-4, atol=1e-4)

    def test_views_have_the_asked_size_and_range(self):
        v = augment.views(torch.rand(7, 3, 64, 64), 48, torch.Generator().manual_seed(1))
        self.assertEqual(tuple(v.shape), (7, 3, 48, 48))
        self.assertTrue(0 <= v.min() and v.max() <= 1)

    def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(self):
        data = world(self.folder)
        train.run(data, f"{self.folder}/whole", QUICK, every=2)
        train.run(data, f"{self.folder}/parts", QUICK, every=2, minutes=1e-9)
        for _ in range(9):
            if train.run(data, f"{self.folder}/parts", QUICK, every=2, minutes=0.002):
                break
        whole, parts = (torch.load(f"{self.folder}/{r}/latest.pt") for r in ("whole", "parts"))
        self.assertEqual(parts["step"], whole["step"])
        for k, v in whole["average"].items():
            torch.testing.assert_close(parts["average"][k], v, rtol=1e-4, atol=1e-5)

    def test_options_change_as_a_run_goes_on(self):
        o = {"steps": 10, "sides": [[0, 64], [0.5, 96]]}
        self.assertEqual([train.scheduled(o, "sides", step) for step in (0, 4, 5, 9)], [64, 64, 96, 96])

    def test_an_attack_makes_the_loss_worse_by_a_step_of_the_given_length(self):
        net = Slugnet(2, 0.25).train()
        x, y = torch.rand(8, 3, 32, 32) * 0.5 + 0.25, torch.randint(0, 2, (8,))
        for _ in range(5):
            net(x)
        worse = train.attacked(net, x, y, train.DEFAULTS, 0.4)
        torch.testing.assert_close((worse - x)[:4].flatten(1).norm(dim=1), torch.full((4,), 0.4), rtol=0.05, atol=0.01)
        torch.testing.assert_close(worse[4:], x[4:])
        net.eval()
        loss = lambda z: torch.nn.functional.cross_entropy(net(z[:4]), y[:4])
        self.assertGreater(loss(worse), loss(x))

    def test_a_picture_is_judged_with_its_mirror_image(self):
        shown = pictures.Pictures(world(self.folder), torch.device("cpu"))
        seen = []

        class Spy(torch.nn.Module):
            def forward(self, x):
                seen.append(x.clone())
                return torch.zeros(len(x), len(shown.ids))

        evaluate.accuracy(Spy(), shown, (32,), mirror=True)
        for plain, mirrored in zip(seen[::2], seen[1::2]):
            torch.testing.assert_close(mirrored, plain.flip(3))
        self.assertGreater(len(seen), 1)

    def test_a_channel_that_answers_to_one_shape_ranks_first(self):
        eyes = channels.drawings(channels.eye, 1)

        class Knower:
            """Its channel 2 answers to the drawn eyes, the others to nothing in particular."""

            def activations(self, x):
                value = torch.rand(len(x), 4, 5, 5, generator=torch.Generator().manual_seed(3))
                value[:, 2] += torch.tensor([10.0 * any(torch.equal(p, e) for e in eyes) for p in x])[:, None, None]
                return {"s1": value * 100, "4b": value}

        best = channels.rank(Knower(), "eyes")
        self.assertEqual({layer for _, layer, _ in best}, {"4b"})
        self.assertEqual(best[0][2], 2)
        self.assertNotEqual(channels.rank(Knower(), "swirl")[0][2], 2)

    def test_an_export_begins_another_run_without_a_change(self):
        try:
            import onnx
        except ImportError:
            self.skipTest("the onnx module is not here")
        data = world(self.folder)
        train.run(data, f"{self.folder}/run", {**QUICK, "width": 1.0, "batch": 4, "steps": 2}, every=2)
        export.export(data, f"{self.folder}/run/latest.pt", f"{self.folder}/out", half=True)
        figures = json.loads(Path(f"{self.folder}/out/figures.json").read_text())
        self.assertEqual(figures["accuracy"]["96 px"]["merged"]["pictures"], sum(figures["data"]["validate"].values()))
        x = torch.rand(16, 3, 64, 64)
        net = Slugnet(2)
        self.assertEqual(warm(net, f"{self.folder}/out/slugnet.onnx", [CATS, "n00000001"], [x]), 1)
        old = export.load(f"{self.folder}/run/latest.pt")
        again = export.load(f"{self.folder}/out/slugnet.onnx")
        torch.testing.assert_close(again(x), old(x), rtol=1e-2, atol=1e-2)  # half the digits
        new = net.eval()
        for layer in LAYERS:
            torch.testing.assert_close(new.activations(x)[layer], old.activations(x)[layer], rtol=2e-2, atol=2e-2)
        shorter = onnx.load(f"{self.folder}/out/slugnet.onnx")
        for t in [t for t in shorter.graph.initializer if "i5b" in t.name]:
            shorter.graph.initializer.remove(t)
        onnx.save(shorter, f"{self.folder}/out/slugnet.onnx")
        longer = Slugnet(2)
        warm(longer, f"{self.folder}/out/slugnet.onnx", [CATS, "n00000001"], [x])
        torch.testing.assert_close(longer.eval().activations(x)["5a"], old.activations(x)["5a"], rtol=2e-2, atol=2e-2)
        index = json.loads(Path(f"{self.folder}/out/reference/index.json").read_text())
        for name, shape in index.items():
            self.assertEqual(os.path.getsize(f"{self.folder}/out/reference/{name}.f32"), 4 * int(np.prod(shape)))
        curves.draw([f"{self.folder}/run"], f"{self.folder}/curves.svg")
        self.assertIn("<polyline", Path(f"{self.folder}/curves.svg").read_text())


if __name__ == "__main__":
    unittest.main()

"""python3 -m unittest slugnet.test_slugnet, in the folder above. Needs what training needs."""

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

from . import augment, calibrate, channels, curves, distil, evaluate, export, label, packs, peers, pictures, refit, teacher, together, train
from .builds import Resnet, Vgg
from .network import LAYERS, Slugnet, warm
from .slugnet2 import ADDED, DESIGNS, Slugnet2, average, blur, halve, lens

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


class Knowing:
    """A teacher that knows a picture by its colour."""

    asked = 0

    def logits(self, x):
        self.asked += len(x)
        return 20 * (x.mean((1, 2)) @ np.array([[1, -1, 0], [-1, 0, 1], [0, 1, -1]], np.float32)) / 255


def school(folder, judging=4):
    """The world with three classes, photographs that nobody has named, and some that judge."""
    world(folder)
    for n in range(12):
        paint(f"{folder}/more/{n}.jpg", 2000 + n, 90)
    paint(f"{folder}/more/again.jpg", 2000, 100)      # a copy of another one
    paint(f"{folder}/more/held.jpg", 1001, 120)       # a copy of one that validates
    paint(f"{folder}/more/judging.jpg", 3001, 120)    # a copy of one that judges
    paint(f"{folder}/small/train/{DOGS}/judging.jpg", 3002)
    for n in range(judging):
        paint(f"{folder}/judge/{(CATS, DOGS)[n % 2]}_{n}.jpg", 3000 + n, 180)
    Path(f"{folder}/words.txt").write_text(f"{CATS}\ttabby, tabby cat\nn00000009\tslug\n{DOGS}\tChihuahua\n")
    pictures.prepare([("small", f"{folder}/small"), ("large", f"{folder}/large")], f"{folder}/words.txt", f"{folder}/school", 1,
                     [("more", f"{folder}/more")], f"{folder}/judge", True)
    return f"{folder}/school"


def taught(folder, crops=1, judging=4):
    data = school(folder, judging)
    label.label(data, Knowing(), crops=crops)
    return data


def bench(test):
    """Unpacked pictures and a teacher as a file, and options for a run together."""
    try:
        import onnx
    except ImportError:
        test.skipTest("the onnx module is not here")
    folder = test.folder
    packs.pack([taught(folder)], f"{folder}/packed", distil.DEFAULTS, workers=1)
    packs.unpack(f"{folder}/packed/pack-00.npz", f"{folder}/packs", 1)
    net = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Conv2d(3, 3, 1), torch.nn.Flatten()).eval()
    with torch.no_grad():
        net[1].weight.copy_(10 * torch.tensor([[1.0, -1, 0], [-1, 0, 1], [0, 1, -1]])[:, :, None, None])
        net[1].bias.zero_()
    torch.onnx.export(net, torch.zeros(1, 3, 160, 160), f"{folder}/teacher.onnx", opset_version=13, input_names=["x"], dynamic_axes={"x": {0: "n"}})
    return folder, {**PUPIL, "steps": 100, "batch": 16, "average": 0.8, "sides": [[0, 48]], "design": "plain", "rate": 0.05, "true": {"64": 0.0, "84": 0.0, "112": 0.0}}


class Ticking:
    """A clock that goes on by a second whenever it is looked at, until somebody stops it."""

    def __init__(self, until=10**6):
        self.now, self.until = 0, until

    def __call__(self):
        self.now += 1
        if self.now > self.until:
            raise KeyboardInterrupt
        return self.now


PUPIL = {"steps": 6, "batch": 8, "sides": [[0, 32]], "width": 0.25, "warmup": 1}
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
        net.s1.eval()
        worse = train.attacked(net, x, y, train.DEFAULTS, 0.4)
        self.assertTrue(net.s2.training and not net.s1.training)  # as they were
        long = (worse - x).flatten(1).norm(dim=1)
        self.assertEqual(int((long > 0).sum()), 4)
        torch.testing.assert_close(long[long > 0], torch.full((4,), 0.4), rtol=0.05, atol=0.01)
        net.eval()
        loss = lambda z: torch.nn.functional.cross_entropy(net(z), y)
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

    def test_photographs_of_anything_are_trained_on_but_for_copies(self):
        p = pictures.Pictures(school(self.folder), torch.device("cpu"))
        self.assertEqual(p.ids, [CATS, "n00000009", DOGS])
        self.assertEqual(p.info["train"]["more"], 12)
        self.assertEqual(p.info["validate"]["more"], 0)
        self.assertEqual({int(y) for s in pictures.SIDES for y, source in zip(p.label[s], p.source[s]) if source == 2}, {pictures.UNKNOWN})
        self.assertEqual(sum(np.count_nonzero(p.label[s][p.training(s)] == pictures.UNKNOWN) for s in pictures.SIDES), 0)
        named = world(f"{self.folder}/other")
        self.assertEqual(p.info["train"]["small"] + p.info["validate"]["small"], len(pictures.Pictures(named, torch.device("cpu")).label[64]))
        self.assertEqual(list(p.judge()[1]), [2, 2, 0, 0])  # DOGS come first in the alphabet
        self.assertEqual(p.judge()[0].shape, (4, pictures.JUDGED, pictures.JUDGED, 3))

    def test_a_teacher_is_asked_once_about_every_picture(self):
        data, asking = school(self.folder), Knowing()
        self.assertTrue(label.label(data, asking))
        p = pictures.Pictures(data, torch.device("cpu"))
        self.assertEqual(asking.asked, 4 + sum(len(at) for at in p.trained.values()))
        label.label(data, asking, crops=2)
        self.assertEqual(asking.asked, 4 + 2 * sum(len(at) for at in p.trained.values()))
        for side in (64, 84):
            known = label.Taught(p, side)
            self.assertEqual(list(known.at()), list(p.trained[side]))
            for chance in (0.1, 0.9):
                at = known.at()
                shown, said = known.draw(at, np.full(len(at), chance))
                asked = Knowing().logits(np.stack([label.seen(p.parts[side][i], box) for i, box in zip(at, shown)]))
                np.testing.assert_allclose(said, asked, atol=0.01)

    def test_further_crops_may_be_of_some_sources_only(self):
        data, asking = school(self.folder), Knowing()
        label.label(data, asking)
        before = asking.asked
        for _ in range(2):
            label.label(data, asking, crops=3, only=["more"])
        p = pictures.Pictures(data, torch.device("cpu"))
        self.assertEqual(asking.asked - before, 2 * p.info["train"]["more"])
        known = label.Taught(p, 84).known
        self.assertEqual(list(np.flatnonzero(known[2])), [i for i in p.trained[84] if p.source[84][i] == 2])
        self.assertEqual(int(known[0].sum()), len(p.trained[84]))

    def test_a_stopped_teacher_goes_on(self):
        data = school(self.folder)
        saved, batch = label.SAVED, label.BATCH
        self.addCleanup(setattr, label, "SAVED", saved)
        self.addCleanup(setattr, label, "BATCH", batch)
        label.SAVED, label.BATCH = 1, 4
        self.assertFalse(label.label(data, Knowing(), minutes=1e-9))
        p = pictures.Pictures(data, torch.device("cpu"))
        self.assertEqual(len(label.Taught(p, 64).at()), 4)
        asking = Knowing()
        self.assertTrue(label.label(data, asking))
        self.assertEqual(asking.asked, sum(len(at) for at in p.trained.values()) - 4)
        self.assertEqual(list(label.Taught(p, 64).at()), list(p.trained[64]))

    def test_teacher_and_student_are_shown_the_same_part(self):
        rough = np.random.default_rng(1).integers(0, 255, (6, 6, 3), np.uint8)
        picture = np.asarray(Image.fromarray(rough).resize((112, 112), Image.BICUBIC))
        box = augment.parts(np.array([[0.3, 0.9, 0.8, 0.1]]), 0.35)
        seen = label.seen(picture, box[0]).astype(np.float32) / 255
        x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
        cut = augment.cut(x, label.SHOWN, torch.from_numpy(2 * box[:, :2] + box[:, 2:] - 1).float(), torch.from_numpy(box[:, 2:]).float())
        self.assertLess(np.abs(cut[0].permute(1, 2, 0).numpy() - seen).mean(), 0.01)
        view = augment.shown(x, 48, box, torch.Generator().manual_seed(1))
        self.assertEqual(tuple(view.shape), (1, 3, 48, 48))

    def test_classifiers_see_uint8_pictures_whatever_they_are_fed(self):
        try:
            import onnx
        except ImportError:
            self.skipTest("the onnx module is not here")
        net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, 2, 1), torch.nn.ReLU6(), torch.nn.MaxPool2d(3, 2, 1), torch.nn.Conv2d(8, 8, 3, padding=1, groups=8),
                                  torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(8, 5)).eval()
        torch.onnx.export(net, torch.zeros(1, 3, 32, 32), f"{self.folder}/t.onnx", opset_version=13, dynamic_axes={"input": {0: "n"}}, input_names=["input"])
        x = np.random.default_rng(1).integers(0, 255, (3, 32, 32, 3), np.uint8)
        asked = teacher.Classifier(f"{self.folder}/t.onnx", 1 / 127.5, -1.0)
        wanted = net(torch.from_numpy(x).permute(0, 3, 1, 2).float() / 127.5 - 1).detach().numpy()
        np.testing.assert_allclose(asked.logits(x), wanted, rtol=1e-4, atol=1e-5)

    def test_a_stopped_pupil_goes_on_as_if_it_had_not_been_stopped(self):
        data = taught(self.folder, 2)
        distil.run(data, f"{self.folder}/whole", PUPIL, every=2)
        distil.run(data, f"{self.folder}/parts", PUPIL, every=2, minutes=1e-9)
        for n in range(15):  # however little of its time a busy machine leaves it
            if distil.run(data, f"{self.folder}/parts", PUPIL, every=2, minutes=0.001 * 2**n):
                break
        whole, parts = (torch.load(f"{self.folder}/{r}/latest.pt") for r in ("whole", "parts"))
        self.assertEqual(parts["step"], whole["step"])
        for k, v in whole["average"].items():
            torch.testing.assert_close(parts["average"][k], v, rtol=1e-4, atol=1e-5)
        self.assertIn("same", Path(f"{self.folder}/whole/watch.csv").read_text())

    def test_a_run_says_whether_it_is_done_without_reading_its_checkpoint(self):
        data, out = taught(self.folder), f"{self.folder}/run"
        with mock.patch("torch.load", side_effect=AssertionError("the checkpoint is read")):
            self.assertTrue(distil.run(data, out, {**PUPIL, "steps": 1}, every=1))

    def test_processes_learn_as_one_and_draw_other_pictures(self):
        said = peers.side_by_side(2, one_step, self.folder)
        one, two = (torch.load(f"{self.folder}/{rank}.pt") for rank in (0, 1))
        self.assertNotEqual(one["drawn"], two["drawn"])
        self.assertEqual(said, one["drawn"])
        both = distil.Descent(net := fixed(), None, {**distil.DEFAULTS, "design": "plain"})
        (0.5 * answer(net, one["drawn"]) + 0.5 * answer(net, two["drawn"])).backward()
        both.step()
        for k, v in net.state_dict().items():
            torch.testing.assert_close(one["net"][k], two["net"][k])
            if not k.startswith("fc."):  # AdamW's first step is a sign, whatever the gradient
                torch.testing.assert_close(one["net"][k], v, rtol=1e-4, atol=1e-7)

    def test_a_run_of_two_processes_is_stopped_and_gone_on_with(self):
        data, out = taught(self.folder), f"{self.folder}/run"
        self.assertFalse(distil.run(data, out, PUPIL, every=3, minutes=1e-9, processes=2))
        self.assertTrue(distil.run(data, out, PUPIL, every=3, processes=2))
        self.assertEqual(torch.load(f"{out}/latest.pt")["step"], PUPIL["steps"])
        self.assertEqual(len(Path(f"{out}/watch.csv").read_text().splitlines()), 2)  # written by one of them

    def test_a_pupil_learns_what_the_teacher_says(self):
        data = taught(self.folder, judging=60)  # of four, chance says more than what was learnt
        o = {**PUPIL, "steps": 120, "batch": 16, "average": 0.8, "sides": [[0, 48]], "true": {"64": 0.0, "84": 0.0, "112": 0.0}}
        p = pictures.Pictures(data, torch.device("cpu"))
        fresh = distil.agreement(Slugnet2(3, "plain", 0.25).eval(), p, 64)["same"]
        distil.run(data, f"{self.folder}/run", {**o, "design": "plain"}, every=120)
        stock, draw, shake = distil.Stock(p, {**distil.DEFAULTS, **o, "batch": 64}), np.random.default_rng(5), torch.Generator().manual_seed(5)
        x, said, _, _ = stock.batch(48, draw, shake)
        got = export.load(f"{self.folder}/run/latest.pt")(x).argmax(1)
        self.assertGreater((got == said.argmax(1)).float().mean(), 0.65)  # a third by chance
        self.assertGreater(distil.agreement(export.load(f"{self.folder}/run/latest.pt"), p, 64)["same"], fresh + 0.2)

    def test_a_pupil_is_attacked_from_the_part_of_the_run_on_that_is_said(self):
        data, asked, attacked = taught(self.folder), [], train.attacked
        self.addCleanup(setattr, distil, "attacked", attacked)
        distil.attacked = lambda net, x, y, o, length: asked.append(length) or attacked(net, x, y, o, length)
        distil.run(data, f"{self.folder}/run", {**PUPIL, "attack": [[0, 0], [0.5, 0.3]]}, every=6)
        self.assertEqual(asked, [0.3 * 32 / 64] * 3)

    def test_still_layers_learn_no_more(self):
        data = taught(self.folder)
        first, still = f"{self.folder}/first", ["s1", "s2", "3a"]
        distil.run(data, first, PUPIL, every=6)
        distil.run(data, f"{self.folder}/next", {**PUPIL, "still": still}, begin=f"{first}/latest.pt", every=6)
        before, after = (torch.load(f"{self.folder}/{r}/latest.pt") for r in ("first", "next"))
        for k, v in before["average"].items():
            same = torch.equal(v, after["net"][k])
            if k.split(".")[0].removeprefix("i") in still:
                self.assertTrue(same, k)
            elif k.endswith("conv.weight"):
                self.assertFalse(same, k)

    def test_the_last_layer_moves_by_a_rate_of_its_own(self):
        net = Slugnet2(3, "plain", 0.25)
        descent = distil.Descent(net, None, {**distil.DEFAULTS, "rate": 0.0, "last": 0.01})
        descent.slow(0.5)
        before = {k: v.clone() for k, v in net.state_dict().items()}
        net(torch.rand(4, 3, 32, 32)).square().sum().backward()
        descent.step()
        for k, v in net.named_parameters():
            self.assertEqual(torch.equal(v, before[k]), not k.startswith("fc."), k)
        moved = (net.fc.bias - before["fc.bias"]).abs()
        torch.testing.assert_close(moved, torch.full_like(moved, 0.005), rtol=0.02, atol=1e-5)  # AdamW's first step is the rate

    def test_a_last_layer_is_fitted_and_nothing_below_it_changes(self):
        data = taught(self.folder)
        o = {**PUPIL, "design": "plain", "true": {"64": 0.0, "84": 0.0, "112": 0.0}}
        run = f"{self.folder}/run"
        distil.run(data, run, o, every=6)
        refit.refit(data, f"{run}/latest.pt", f"{self.folder}/new.pt", {"true": o["true"]}, count=256)
        old, new = (torch.load(f) for f in (f"{run}/latest.pt", f"{self.folder}/new.pt"))
        for k, v in old["average"].items():
            self.assertEqual(torch.equal(v, new["average"][k]), not k.startswith("fc."), k)

    def test_what_the_teacher_says_of_activations_is_found_whatever_their_spread(self):
        shake = torch.Generator().manual_seed(3)
        x = torch.randn(4000, 12, generator=shake) * torch.logspace(-2, 1, 12) + 5
        says = 0.4 * torch.randn(7, 12, generator=shake) / torch.logspace(-2, 1, 12)
        said = (x - 5) @ says.T
        nobody, least = torch.full((4000,), pictures.UNKNOWN), torch.zeros(4000)
        w, b = refit.fit(torch.zeros(7, 12), torch.zeros(7), x, said, nobody, least, passes=100)
        self.assertGreater(((x @ w.T + b).argmax(1) == said.argmax(1)).float().mean(), 0.95)

    def test_what_is_rare_is_drawn_as_often_as_what_is_common(self):
        p = pictures.Pictures(taught(self.folder), torch.device("cpu"))
        for s in (64, 84):
            crop = label.Taught(p, s).crops[0][0]
            at = label.Taught(p, s).at()
            crop.logits[at] = np.array([9, 0, 0])
            crop.logits[at[:1]] = np.array([0, 9, 0])
            crop.logits.flush()
        def drawn(balance):
            stock = distil.Stock(p, {**distil.DEFAULTS, **PUPIL, "batch": 400, "balance": balance})
            _, said, _, _ = stock.batch(32, np.random.default_rng(1), torch.Generator().manual_seed(1))
            return float((said.argmax(1) == 1).float().mean())
        self.assertGreater(drawn(1.0), 1.3 * drawn(0.0))

    def test_averages_for_learning_are_those_of_the_export(self):
        for size, stride, border in ((2, 1, 0), (2, 1, 1), (2, 2, 1), (3, 1, 1)):
            x = torch.rand(2, 5, 9, 11)
            given = average(x.bfloat16(), stride, border, size).float()
            torch.testing.assert_close(given, average(x, stride, border, size), rtol=0.02, atol=0.01)

    def test_the_true_class_is_part_of_the_answer(self):
        said, y = torch.randn(3, 5), torch.tensor([2, pictures.UNKNOWN, 0])
        soft = torch.softmax(said, 1)
        got = distil.targets(said, y, torch.tensor([0.4, 0.4, 1.0]))
        torch.testing.assert_close(got[0], 0.6 * soft[0] + 0.4 * torch.eye(5)[2])
        torch.testing.assert_close(got[1], soft[1])
        torch.testing.assert_close(got[2], torch.eye(5)[0])

    def test_a_class_without_pictures_is_learned_from_what_the_teacher_does_not_rule_out(self):
        torch.manual_seed(2)
        teacher, pupil = torch.nn.Linear(6, 4), torch.nn.Linear(6, 4)
        with torch.no_grad():
            teacher.weight.mul_(8)
        x = torch.randn(600, 6)
        said = teacher(x).detach()
        shown = said.argmax(1) != 3  # of class 3 there are none

        class Net(torch.nn.Module):
            activations = lambda self, x: {"logits": pupil(x)}

        sgd = torch.optim.SGD(pupil.parameters(), 0.5)
        for _ in range(300):
            distil.learn(Net(), None, sgd, x[shown], said[shown], distil.targets(said[shown], torch.full((int(shown.sum()),), pictures.UNKNOWN), torch.ones(int(shown.sum()))), distil.DEFAULTS)
        self.assertGreater((pupil(x[~shown]).argmax(1) == 3).float().mean(), 0.7)

    def test_a_trunks_activations_pull_the_pupils_layers_towards_them(self):
        try:
            import onnx
        except ImportError:
            self.skipTest("the onnx module is not here")
        trunk = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 3, 2), torch.nn.ReLU(), torch.nn.AvgPool2d(4), torch.nn.Conv2d(6, 5, 1)).eval()
        torch.onnx.export(trunk, torch.zeros(1, 3, 52, 52), f"{self.folder}/trunk.onnx", input_names=["x"], output_names=["out"], opset_version=13)
        net = Slugnet2(3, "plain", 0.25).train()
        o = {**distil.DEFAULTS, "layers": {"4a": "out"}, "regressed": 1.0}
        guide = distil.Guide(net, f"{self.folder}/trunk.onnx", o)
        x = torch.rand(8, 3, 32, 32)
        step = torch.optim.SGD([*net.parameters(), *guide.fit.parameters()], 0.1)
        lost = []
        for _ in range(30):
            loss = guide(x, net.activations(x), o)
            step.zero_grad()
            loss.backward()
            step.step()
            lost.append(float(loss))
        self.assertLess(lost[-1], 0.7 * lost[0])
        self.assertTrue(all(p.grad is None for p in guide.trunk.parameters()))

    def test_every_training_picture_is_in_one_pack_as_it_was(self):
        data, out = taught(self.folder), f"{self.folder}/packs"
        o = {**distil.DEFAULTS, "balance": 0.5, "sources": {"large": 0}}
        packs.pack([data], out, o, most=4_030_000, workers=1)
        made = sorted(Path(out).glob("pack-*.npz"))
        p = pictures.Pictures(data, torch.device("cpu"))
        wanted = []  # what no source excludes
        for s in pictures.SIDES:
            at = p.trained[s][p.source[s][p.trained[s]] != p.info["sources"].index("large")]
            wanted += [(s, int(p.label[s][i]), p.parts[s][i]) for i in at]
        got = []
        for path in made:
            packs.unpack(path, out, 1)
            rest, stored = np.load(path), np.load(f"{out}/{path.stem}.npy")
            got += list(zip(rest["side"].tolist(), rest["label"].tolist(), rest["often"].tolist(), stored))
        self.assertEqual(sorted((s, y) for s, y, _, _ in got), sorted((s, y) for s, y, _ in wanted))
        for s, y, picture in wanted:
            large = np.asarray(Image.fromarray(picture).resize((packs.SIDE, packs.SIDE), Image.BICUBIC), np.float32)
            self.assertLess(min(np.abs(g[3] - large).mean() for g in got if g[:2] == (s, y)), 6)
        self.assertGreater(len({o for _, _, o, _ in got}), 2)  # what is rare is drawn more often

    def test_together_a_pupil_learns_what_the_teacher_says_of_the_very_views(self):
        folder, o = bench(self)
        together.run(f"{folder}/packs", f"{folder}/run", f"{folder}/teacher.onnx", o, 1.5, every=30, clock=Ticking())
        stock, shake = together.Views(f"{folder}/packs", f"{folder}/teacher.onnx", {**together.OPTIONS, **o, "seed": 7}, torch.device("cpu")), torch.Generator().manual_seed(5)
        stock.grow()
        x, said, _, _ = stock.batch(48, shake)
        agreed = (export.load(f"{folder}/run/average.pt")(x).argmax(1) == said.argmax(1)).float().mean()
        self.assertGreater(agreed, 0.65)  # a third by chance
        again = stock.teacher(2 * torch.nn.functional.interpolate(x, (160, 160), mode="bilinear") - 1)[0]
        self.assertGreater((again.argmax(1) == said.argmax(1)).float().mean(), 0.9)  # it was asked about what x shows

    def test_together_a_stopped_run_goes_on_and_what_is_there_is_kept(self):
        folder, o = bench(self)
        stopped = Ticking(40)
        with self.assertRaises(KeyboardInterrupt):
            together.run(f"{folder}/packs", f"{folder}/run", f"{folder}/teacher.onnx", o, 1, every=10, clock=stopped)
        kept = torch.load(f"{folder}/run/latest.pt")["step"]
        self.assertGreater(kept, 0.4 * o["steps"])
        export.load(f"{folder}/run/average.pt")
        going = Ticking()
        together.run(f"{folder}/packs", f"{folder}/run", f"{folder}/teacher.onnx", o, 1, every=10, clock=going)
        self.assertLess(going.now, 40)  # the rest of the minute
        self.assertGreater(torch.load(f"{folder}/run/latest.pt")["step"], 0.9 * o["steps"])

    def test_added_blocks_begin_as_nothing(self):
        for design in DESIGNS:
            net = Slugnet2(3, design, 0.5).train()
            out = net.activations(torch.rand(4, 3, 48, 48))
            before = None
            for name in net.blocks:
                if name in ADDED:
                    torch.testing.assert_close(out[name], out[before])
                before = name

    def test_folding_the_second_network_changes_nothing(self):
        net = Slugnet2(5, "middle", 0.5).train()
        for unit in net.modules():
            if isinstance(unit, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(unit.weight, 0.5, 1)
        for _ in range(3):
            net(torch.rand(8, 3, 48, 48))
        net.eval()
        x = torch.rand(2, 3, 40, 56)
        before = net.activations(x)
        after = net.fold().activations(x)
        for name in (*net.layers, "logits"):
            torch.testing.assert_close(after[name], before[name], rtol=1e-4, atol=1e-4)

    def test_the_first_stride_leaves_no_grid_in_the_gradient(self):
        grid = {}
        for kind, net in (("hard", Slugnet(3, 0.5)), ("blurred", Slugnet2(3, "plain", 0.5))):
            net.train()
            net(torch.rand(8, 3, 96, 96))
            x = torch.nn.functional.interpolate(torch.rand(8, 3, 24, 24), 96, mode="bicubic").requires_grad_()
            gradient, = torch.autograd.grad(net.eval().activations(x)["4a"].square().sum() / 2, x)
            power = torch.fft.fft2(gradient).abs().square().mean((0, 1))
            grid[kind] = float(power[48, 0] / power[44:53, 2:5].median())  # what every second row repeats, over its neighbours
        self.assertGreater(grid["hard"], 5)
        self.assertLess(grid["blurred"], 0.1)

    def test_halving_keeps_what_is_even(self):
        x = torch.full((1, 2, 9, 12), 3.0)
        torch.testing.assert_close(halve(x), torch.full((1, 2, 5, 6), 3.0))
        every_second = torch.zeros(1, 1, 8, 8)
        every_second[..., ::2] = 1
        torch.testing.assert_close(halve(every_second), torch.full((1, 1, 4, 4), 0.5))

    def test_the_lens_shows_grey_as_it_is_and_colour_weaker(self):
        see = lambda x: torch.nn.functional.conv2d(torch.cat([blur(x), blur(blur(x))], 1), lens(0.7))[0, :, 4, 4]
        x = torch.full((1, 3, 9, 9), 0.3)
        torch.testing.assert_close(see(x), x[0, :, 4, 4])
        x[:, 0] = 0.6
        torch.testing.assert_close(see(x), 0.4 + 0.7 * (x[0, :, 4, 4] - 0.4))

    def test_the_lens_shows_no_finest_waves_and_fine_ones_of_brightness_sooner_than_of_colour(self):
        net = Slugnet2(3, "plain", 0.25)
        at = torch.arange(24)

        def seen(period, tint):
            x = blur((torch.cos(2 * torch.pi * at / period) * torch.tensor(tint)[:, None, None]).expand(1, 3, 24, 24))
            return float(torch.nn.functional.conv2d(torch.cat([x, blur(x)], 1), net.lens)[..., 4:-4, 4:-4].abs().max())

        self.assertAlmostEqual(seen(2, [1.0, 1.0, 1.0]), 0, places=5)
        self.assertAlmostEqual(seen(4, [1.0, 1.0, 1.0]), 0.75, places=5)
        self.assertAlmostEqual(seen(4, [1.0, -1.0, 0.0]), 0.5 * 0.25, places=5)

    def test_sureness_that_is_right_as_often_as_it_says_is_calibrated(self):
        sure = torch.full((1000,), 0.7)
        right = torch.arange(1000) < 700
        self.assertLess(distil.miscalibration(sure, right), 1e-4)
        self.assertAlmostEqual(distil.miscalibration(sure, torch.arange(1000) < 400), 0.3, places=4)

    def test_the_temperature_is_found_that_made_a_network_too_sure(self):
        draw = torch.Generator().manual_seed(1)
        honest = 2 * torch.randn(4000, 1, 6, generator=draw)
        things = torch.tensor([False, True, True, True, True, True])
        right = torch.multinomial(calibrate.probabilities(honest, 1.0, things), 1, generator=draw)[:, 0]
        self.assertTrue((right > 0).all())  # nothing is the background
        self.assertAlmostEqual(calibrate.fit(3 * honest, right, things), 3.0, delta=0.25)
        self.assertAlmostEqual(calibrate.fit(honest / 2, right, things), 0.5, delta=0.05)

    def test_an_exported_network_says_how_sure_it_may_be(self):
        try:
            import onnx
        except ImportError:
            self.skipTest("the onnx module is not here")
        data = taught(self.folder)
        distil.run(data, f"{self.folder}/run", {**PUPIL, "design": "plain", "width": 0.5, "steps": 3}, every=3)
        export.export(data, f"{self.folder}/run/latest.pt", f"{self.folder}/out", half=True, most=0)
        path = f"{self.folder}/out/slugnet.onnx"
        shown = pictures.Pictures(data, torch.device("cpu"))
        for _ in range(2):  # the second time in the first one's place
            found = calibrate.calibrate(export.load(path), path, shown, f"{self.folder}/more", Knowing(), 5)
        said = {p.key: p.value for p in onnx.load(path).metadata_props}
        self.assertEqual(said, {calibrate.KEY: str(found["temperature"])})
        self.assertEqual(found["pictures"], 5)

    def test_labels_are_called_what_they_are(self):
        self.assertEqual(export.named("n1\tbeacon, lighthouse\nn2\tcock\nn3\tslug\n", "n1\tlighthouse\nn2\trooster\n"),
                         "n1\tlighthouse, beacon\nn2\trooster, cock\nn3\tslug\n")

    def test_folding_other_builds_changes_nothing(self):
        for build in (Vgg, Resnet):
            with self.subTest(build.__name__):
                torch.manual_seed(1)
                net = build(5, 0.25)
                net(torch.rand(8, 3, 64, 64))  # running statistics
                x = torch.rand(2, 3, 64, 96)
                with torch.no_grad():
                    before = net.eval().activations(x)
                    after = net.fold().activations(x)
                self.assertEqual(list(before), [*net.layers, "logits"])
                for name, was in before.items():
                    self.assertLess((was - after[name]).abs().max(), 1e-4 * (1 + was.abs().max()), name)
                self.assertEqual(after[net.layers[-1]].shape[2:], (4, 6))
                self.assertFalse([m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)])

    def test_a_residual_block_that_adds_nothing_gives_what_it_is_given(self):
        net = Resnet(5, 0.25)
        block = net.res2b
        for part in (block.a, block.b):
            torch.nn.init.zeros_(part.conv.weight)
        x = torch.rand(1, block.a.conv.in_channels, 8, 8)
        self.assertTrue(torch.equal(block.eval()(x), x))

    def test_another_build_is_trained_and_exported_with_its_labels(self):
        import onnx
        data = world(self.folder)
        for build in ("vgg", "resnet"):
            run = f"{self.folder}/{build}"
            train.run(data, run, {**QUICK, "build": build, "width": 0.25, "steps": 2}, every=1)
            export.export(data, f"{run}/latest.pt", f"{run}/out", half=True, most=0)
            outputs = [o.name for o in onnx.load(f"{run}/out/slugnet.onnx").graph.output]
            self.assertEqual(outputs, ["logits", *("layer_" + n for n in export.load(f"{run}/latest.pt").layers)])
            self.assertEqual(Path(f"{run}/out/slugnet.labels.txt").read_text().count("\n"), 2)

    def test_the_second_network_is_exported_and_begins_another_run(self):
        try:
            import onnx
        except ImportError:
            self.skipTest("the onnx module is not here")
        data = taught(self.folder)
        distil.run(data, f"{self.folder}/run", {**PUPIL, "design": "late", "width": 0.5, "steps": 3}, every=3)
        export.export(data, f"{self.folder}/run/latest.pt", f"{self.folder}/out", half=True)
        old = export.load(f"{self.folder}/run/latest.pt")
        again = export.load(f"{self.folder}/out/slugnet.onnx")
        self.assertEqual(again.options, old.options)
        x = torch.rand(4, 3, 64, 64)
        for layer in (*old.layers, "logits"):
            torch.testing.assert_close(again.activations(x)[layer], old.activations(x)[layer], rtol=2e-2, atol=2e-2)
        self.assertIn("layer_5c_32x32", json.loads(Path(f"{self.folder}/out/reference/index.json").read_text()))
        new = Slugnet2(3, "late", 0.5)
        warm(new, f"{self.folder}/out/slugnet.onnx", [CATS, "n00000009", DOGS], [torch.rand(16, 3, 64, 64)])
        torch.testing.assert_close(new.fc.weight, again.fc.weight)


def fixed():
    torch.manual_seed(1)
    return Slugnet2(3, "plain", 0.25).eval()


def answer(net, drawn):
    return net(torch.full((2, 3, 32, 32), drawn)).square().mean()


def one_step(peers, folder):
    """A step of a process on pictures of one grey, which is by chance."""
    pupil = distil.Pupil(3, {**distil.DEFAULTS, "design": "plain", "width": 0.25, "last": 0.0}, None, torch.device("cpu"), peers)
    pupil.part()
    drawn = float(pupil.draw.random())
    descent = distil.Descent(net := fixed(), None, {**distil.DEFAULTS, "last": 0.0}, peers)
    answer(net, drawn).backward()
    descent.step()
    torch.save({"drawn": drawn, "net": net.state_dict()}, f"{folder}/{peers.rank}.pt")
    return drawn


if __name__ == "__main__":
    unittest.main()

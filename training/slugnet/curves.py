"""Learning curves of runs as an SVG file: training loss and accuracy, validation accuracy."""

import csv
from pathlib import Path
from xml.sax.saxutils import escape

COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#8e44ad", "#b9770e")
WIDTH, HEIGHT, LEFT, GAP = 720, 240, 60, 50
PANELS = (("loss", "training loss"), ("top1", "training top-1"), ("validation_top1", "validation top-1"))


def draw(runs, out):
    """Draws the logs (log.csv) of the runs' folders above each other, one colour a run."""
    tables = {run: list(csv.DictReader(Path(f"{run}/log.csv").read_text().splitlines())) for run in runs}
    parts = []
    for row, (column, title) in enumerate(PANELS):
        curves = {run: [(int(r["step"]), float(r[column])) for r in table if r[column]] for run, table in tables.items()}
        parts += panel(curves, title, GAP / 2 + row * (HEIGHT + GAP))
    for i, run in enumerate(runs):
        parts.append(f'<text x="{LEFT + 140 * i}" y="{len(PANELS) * (HEIGHT + GAP) + 20}" fill="{COLOURS[i % len(COLOURS)]}">{escape(run)}</text>')
    height = len(PANELS) * (HEIGHT + GAP) + 40
    with open(out, "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + LEFT + 20}" height="{height}" font-family="sans-serif" font-size="13">'
                f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')


def panel(curves, title, top):
    points = [p for c in curves.values() for p in c]
    if not points:
        return []
    last = max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    high += (high == low) * 1e-6
    place = lambda x, y: f"{LEFT + WIDTH * x / last:.1f},{top + HEIGHT * (high - y) / (high - low):.1f}"
    parts = [f'<text x="{LEFT}" y="{top - 8:.0f}">{title}, {last} steps</text>',
             f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>']
    for y in (low, (low + high) / 2, high):
        parts.append(f'<text x="{LEFT - 6}" y="{top + HEIGHT * (high - y) / (high - low) + 4:.1f}" text-anchor="end">{y:.3g}</text>')
    for i, curve in enumerate(curves.values()):
        colour, at = COLOURS[i % len(COLOURS)], [place(x, y) for x, y in curve]
        parts.append(f'<polyline points="{" ".join(at)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for x, y in (p.split(",") for p in at):  # a run may have a single point
            parts.append(f'<circle cx="{x}" cy="{y}" r="2" fill="{colour}"/>')
    return parts

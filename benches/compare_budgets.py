#!/usr/bin/env python3
"""What a small budget costs: CPU and wall seconds of the same jobs under ever smaller budgets, in turn.

    benches/compare_budgets.py [--size 8192] [--runs 7] [--threads 2] [--budgets 256,32] [--swath target/release/swath] [--folder DIR]

Models are made by `swath synth` (float32, deflate level 1) in several chunkings; outputs are tiles of 256, deflate level 1. Every
round runs each budget once, in an order that turns, so that whatever else the machine does falls on all of them. The ratio is the
median over the rounds of the CPU seconds under a budget over those under the first budget *of the same round*. Prints Markdown.
Exit status 1 if a ratio is above 1.15 or the outputs differ. Needs no package.
"""
import argparse
import filecmp
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare_gdaldem import measure  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MOST = 1.15
CHUNKS = {
    "256": ["--tile-size", "256"],
    "1024": ["--tile-size", "1024"],
    "4096": ["--tile-size", "4096"],
    "strips of 300": ["--strip-rows", "300"],
}
CODEC = ["--compress", "deflate", "--level", "1", "--tile-size", "256"]
JOBS = {
    "slope": "slope !",
    "five means of 3 x 3 in a row": "focal --stat mean --radius 1 ! " * 5,
    "slope + aspect + hillshade": None,
}


def command(a, job, model, budget, folder):
    """The command and what it leaves."""
    outputs = [os.path.join(folder, f"{budget}.{k}.tif") for k in range(1 if JOBS[job] else 3)]
    if JOBS[job]:
        steps = [*JOBS[job].split(), "write", outputs[0], *CODEC]
    else:
        steps = ["tee"]
        for mode, output in zip(["slope", "aspect", "hillshade"], outputs):
            steps += ["[", mode, "!", "write", output, *CODEC, "]"]
    shared = ["--backend", "cpu", "--threads", str(a.threads), "--host-memory", f"{budget}M", "--quiet"]
    return [a.swath, "pipeline", *shared, "read", model, "!", *steps], outputs


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--size", type=int, default=8192)
    ap.add_argument("--runs", type=int, default=7)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--budgets", default="256,32", help="MiB; the first is what the others are held against")
    ap.add_argument("--only", default="", help="only lines that contain this")
    ap.add_argument("--swath", default=os.path.join(HERE, "../target/release/swath"))
    ap.add_argument("--folder", help="folder for the files")
    a = ap.parse_args()
    budgets = [int(budget) for budget in a.budgets.split(",")]
    kept = True
    print("| job, chunks | " + " | ".join(f"CPU s at {b} MiB | wall s" for b in budgets) + " | " + " | ".join(f"{b} / {budgets[0]}" for b in budgets[1:]) + " |")
    print("|" + "---|" * (3 * len(budgets)))
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        for chunks, layout in CHUNKS.items():
            model = os.path.join(folder, "model.tif")
            subprocess.run([a.swath, "synth", model, "--size", f"{a.size}x{a.size}", *layout, "--compress", "deflate", "--level", "1",
                            "--overwrite", "--quiet"], check=True)
            for job in JOBS:
                if a.only not in f"{job}, {chunks}":
                    continue
                jobs = {b: command(a, job, model, b, folder) for b in budgets}
                for steps, outputs in jobs.values():
                    measure([steps], outputs)
                for b in budgets[1:]:
                    for ours, first in zip(jobs[b][1], jobs[budgets[0]][1]):
                        if not filecmp.cmp(ours, first, shallow=False):
                            kept = False
                            print(f"{job}, {chunks}: other bytes at {b} MiB", file=sys.stderr)
                rounds = []
                for k in range(a.runs):
                    order = budgets if k % 2 == 0 else budgets[::-1]
                    taken = {b: measure([jobs[b][0]], jobs[b][1]) for b in order}
                    rounds.append([taken[b] for b in budgets])
                cells = []
                for i in range(len(budgets)):
                    wall, cpu = (statistics.median(r[i][what] for r in rounds) for what in (0, 1))
                    cells.append(f"{cpu:.2f} | {wall:.2f}")
                for i in range(1, len(budgets)):
                    ratios = sorted(r[i][1] / r[0][1] for r in rounds)
                    ratio = statistics.median(ratios)
                    kept &= ratio <= MOST
                    cells.append(f"{ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
                print(f"| {job}, {chunks} | " + " | ".join(cells) + " |", flush=True)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""swath beside gdaldem, as whole processes: wall time, CPU time, peak memory, and their ratios.

    benches/compare_gdaldem.py [--size 4096] [--runs 5] [--threads 2] [--level 6] [--compress deflate|zstd] [--budget 128M]
                               [--tile 512] [--mode slope|aspect|hillshade|roughness|four] [--cog] [--backend cpu] [--swath target/release/swath]

Makes a deterministic SIZE x SIZE float32 model in uncompressed tiles (tests/oracle/gen_dem.py), then runs both programs in
turn, once to warm the page cache and then RUNS times. Both write tiles of the same size with the same codec, level and
predictor, over the same threads (gdaldem: -co NUM_THREADS, which its encoder uses). Needs numpy, scipy and rasterio for the
model, and gdaldem.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from processes import run_all

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(commands, outputs):
    """Wall seconds, CPU seconds, peak RSS in MiB and output MiB of some commands, one after the other."""
    return *run_all(commands, outputs), sum(os.path.getsize(output) for output in outputs) / 2**20


FOUR = ["slope", "aspect", "hillshade", "roughness"]


def commands(a, model, folder):
    """What each program runs, and what it leaves: (swath's, gdaldem's), each (commands, outputs)."""
    modes = FOUR if a.mode == "four" else [a.mode]
    level = {"deflate": "ZLEVEL" if not a.cog else "LEVEL", "zstd": "ZSTD_LEVEL" if not a.cog else "LEVEL"}[a.compress]
    ours, theirs, steps, gdaldem = [], [], [], []
    for mode in modes:
        predictor = "2" if mode == "hillshade" else "3"
        ours.append(os.path.join(folder, f"swath-{mode}.tif"))
        theirs.append(os.path.join(folder, f"gdaldem-{mode}.tif"))
        if a.cog:
            options = [f"BLOCKSIZE={a.tile}", f"COMPRESS={a.compress.upper()}", f"{level}={a.level}", f"PREDICTOR={predictor}",
                       "OVERVIEW_RESAMPLING=AVERAGE", f"NUM_THREADS={a.threads}"]
        else:
            options = ["TILED=YES", f"BLOCKXSIZE={a.tile}", f"BLOCKYSIZE={a.tile}", f"COMPRESS={a.compress.upper()}",
                       f"{level}={a.level}", f"PREDICTOR={predictor}", f"NUM_THREADS={a.threads}"]
        edges = [] if mode == "roughness" else ["-compute_edges"]
        gdaldem.append(["gdaldem", mode, model, theirs[-1], "-q", *edges, *(["-of", "COG"] if a.cog else []),
                        *[word for option in options for word in ("-co", option)]])
        write = ["--tile-size", str(a.tile), "--compress", a.compress, "--level", str(a.level), "--predictor", predictor,
                 *(["--cog", "--resampling", "average"] if a.cog else [])]
        steps.append((mode, ours[-1], write))
    job = ["--backend", a.backend, "--threads", str(a.threads), "--host-memory", a.budget, "--quiet"]
    if a.mode == "four":
        branches = [word for mode, output, write in steps for word in ("[", mode, "!", "write", output, *write, "]")]
        swath = [a.swath, "pipeline", *job, "read", model, "!", "tee", *branches]
    else:
        mode, output, write = steps[0]
        swath = [a.swath, mode, model, output, *write, *job]
    return ([swath], ours), (gdaldem, theirs)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--size", type=int, default=4096)
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--compress", default="deflate", choices=["deflate", "zstd"])
    ap.add_argument("--level", type=int, default=6)
    ap.add_argument("--budget", default="128M")
    ap.add_argument("--tile", type=int, default=512)
    ap.add_argument("--mode", default="slope", choices=["slope", "aspect", "hillshade", "roughness", "four"],
                    help="four: slope, aspect, hillshade and roughness, one pipeline against four gdaldem runs")
    ap.add_argument("--cog", action="store_true", help="both write COGs with average overviews")
    ap.add_argument("--backend", default="cpu")
    ap.add_argument("--swath", default=os.path.join(HERE, "../target/release/swath"))
    ap.add_argument("--folder", help="folder for the files; a memory file system shows the programs without the disk")
    a = ap.parse_args()
    if not shutil.which("gdaldem"):
        sys.exit("gdaldem is not installed (Debian: gdal-bin)")
    if not os.path.exists(a.swath):
        sys.exit(f"{a.swath} does not exist: cargo build --release")
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        model = os.path.join(folder, "model.tif")
        generator = os.path.join(HERE, "../tests/oracle/gen_dem.py")
        subprocess.run([sys.executable, generator, model, str(a.size), str(a.size), "float32", "--tile", str(a.tile)], check=True)
        swath, gdaldem = commands(a, model, folder)
        for command in [*swath[0], *gdaldem[0]]:
            print(" ".join(command).replace(folder + "/", "").replace(a.swath, "swath"))
        measure(*gdaldem), measure(*swath)
        results = {"swath": [], "gdaldem": []}
        for _ in range(a.runs):
            results["gdaldem"].append(measure(*gdaldem))
            results["swath"].append(measure(*swath))
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in results.items()}
    print(f"{a.runs} runs each in turn, medians (least to most)")
    print(f"{'':8} {'wall s':>22} {'CPU s':>22} {'peak RSS MiB':>22} {'output MiB':>12}")
    for name, runs in results.items():
        columns = list(zip(*runs))
        cells = [f"{statistics.median(c):.2f} ({min(c):.2f} to {max(c):.2f})" for c in columns[:2]]
        cells.append(f"{statistics.median(columns[2]):.0f} ({min(columns[2]):.0f} to {max(columns[2]):.0f})")
        print(f"{name:8} " + " ".join(f"{cell:>22}" for cell in cells) + f" {medians[name][3]:>12.2f}")
    ratios = [ours / theirs for ours, theirs in zip(medians["swath"], medians["gdaldem"])]
    print("swath / gdaldem: wall {:.3f}, CPU {:.3f}, peak RSS {:.3f}, output {:.3f}".format(*ratios))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Terrain operators on one CPU thread beside gdaldem and xarray-spatial, in one run: million pixels a second.

    benches/compare_terrain.py [--size 4096] [--runs 3] [--swath target/release/swath] [--folder /dev/shm]

Prints a Markdown table:

* kernel: swath's CPU twin in memory, as `swath bench` measures it;
* swath, gdaldem: whole processes of one thread that read an uncompressed float32 model and write uncompressed tiles, pixels over CPU
  seconds (user and system), least of RUNS; edges computed by both;
* xarray-spatial: its function on a numpy array in memory, compiled beforehand, pixels over CPU seconds, least of RUNS.

Needs numpy, scipy and rasterio for the model, gdaldem, and xarray-spatial for its column.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# gdaldem's mode, ours, xarray-spatial's function.
OPERATORS = [
    ("slope", ["slope"], "slope"),
    ("aspect", ["aspect"], "aspect"),
    ("hillshade", ["hillshade"], "hillshade"),
    ("hillshade", ["hillshade", "-multidirectional"], None),
    ("hillshade", ["hillshade", "-combined"], None),
    ("hillshade", ["hillshade", "-igor"], None),
    ("TRI", ["tri"], None),
    ("TPI", ["tpi"], None),
    ("roughness", ["roughness"], None),
    (None, ["curvature"], "curvature"),
    (None, ["northness"], None),
]


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_memory(model, name, runs):
    try:
        import rasterio
        import xarray
        import xrspatial
    except ImportError:
        return None
    with rasterio.open(model) as source:
        z, (x, y) = source.read(1), source.res
    array = xarray.DataArray(z, dims=("y", "x"), attrs={"res": (x, y)})
    array = array.assign_coords(x=(array.x * x).astype(float), y=(-(array.y * y)).astype(float))
    function, least = getattr(xrspatial, name), float("inf")
    function(array[:64, :64].copy())
    for _ in range(runs):
        began = time.process_time()
        function(array)
        least = min(least, time.process_time() - began)
    return least


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--size", type=int, default=4096)
    ap.add_argument("--runs", type=int, default=3)
    ap.add_argument("--swath", default=str(HERE / "../target/release/swath"))
    ap.add_argument("--folder", help="folder for the files; a memory file system shows the programs without the disk")
    a = ap.parse_args()
    side = f"{a.size}x{a.size}"
    bench = [a.swath, "bench", "--backend", "cpu", "--threads", "1", "--size", side, "--runs", str(a.runs), "--json", "-", "-q"]
    rates = json.loads(subprocess.run(bench, check=True, stdout=subprocess.PIPE).stdout)["rates"]
    kernels = {rate["what"]: rate["rate"] / 1e6 for rate in rates if rate["stage"] == "kernel"}
    pixels = a.size**2 / 1e6
    print("| operator | kernel | swath | gdaldem | xarray-spatial | swath / gdaldem |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        model, out = os.path.join(folder, "model.tif"), os.path.join(folder, "out.tif")
        generator = HERE / "../tests/oracle/gen_dem.py"
        subprocess.run([sys.executable, generator, model, str(a.size), str(a.size), "float32", "--tile", "512"], check=True, stdout=subprocess.DEVNULL)
        for theirs, ours, spatial in OPERATORS:
            job = ["--backend", "cpu", "--threads", "1", "--compress", "none", "--overwrite", "-q"]
            rate = pixels / min(cpu_of([a.swath, ours[0], model, out, *ours[1:], *job]) for _ in range(a.runs))
            cells = [f"{kernels[ours[0]]:.0f}" if len(ours) == 1 else "", f"{rate:.0f}", "", "", ""]
            if theirs:
                tiled = ["-co", "TILED=YES", "-co", "BLOCKXSIZE=512", "-co", "BLOCKYSIZE=512"]
                command = ["gdaldem", theirs, model, out, "-q", "-compute_edges", *ours[1:], *tiled]
                rival = pixels / min(cpu_of(command) for _ in range(a.runs))
                cells[2], cells[4] = f"{rival:.0f}", f"{rate / rival:.1f}"
            seconds = in_memory(model, spatial, a.runs) if spatial else None
            cells[3] = f"{pixels / seconds:.0f}" if seconds else ""
            print(f"| {' '.join(ours)} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""swath's focal operators beside SciPy's and xarray-spatial's: megapixels a CPU second by radius.

    benches/compare_focal.py [--size 2048] [--radii 1,2,4,8,16,32,64] [--only NAME,...] [--seconds 1]
                             [--swath target/release/swath] [--device llvmpipe]

swath is measured as a whole process with --threads 1: it starts, reads an uncompressed float32 GeoTIFF, computes, and writes
another one; user and system time count. SciPy and xarray-spatial (numba, compiled before) are called on an array in memory, and
nothing else counts (CPU time of the process, whose threads are held to one). Operators that take long are measured over a part
of the rows, as large as --seconds allows. All treat the border as reflect, but for xarray-spatial, which leaves it out or NaN.
What a library lacks, and what would take it longer than 20 seconds for 16 rows, is '-'. SciPy knows no missing samples; swath and
xarray-spatial leave them out.

With --device, swath's own GPU backend on that adapter is measured instead: boxes in two passes, and (with --border extrapolate) in
runs of rows, as circles are. CPU time counts there too, which says something of llvmpipe alone.

Needs numpy, scipy and rasterio; xarray-spatial where it is to be compared.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
import numpy as np
import rasterio
from processes import run
from scipy import ndimage

HERE = os.path.dirname(os.path.abspath(__file__))


def disc(r):
    y, x = np.mgrid[-r : r + 1, -r : r + 1]
    return y * y + x * x <= r * r


def std(z, r, root=True):
    z = z.astype(np.float64)
    m = ndimage.uniform_filter(z, 2 * r + 1)
    v = np.maximum(ndimage.uniform_filter(z * z, 2 * r + 1) - m * m, 0)
    return np.sqrt(v) if root else v


def box(f):
    return lambda z, r: f(z, size=2 * r + 1)


# Name, swath's command for a radius, SciPy's call, the statistic's name in xarray-spatial's focal_stats and its kernel.
def cases():
    focal = lambda stat, *more: lambda r: ["focal", "--stat", stat, "--radius", str(r), *more]
    circle = ["--shape", "circle"]
    square = lambda r: np.ones((2 * r + 1, 2 * r + 1))
    mean64 = lambda z, r: ndimage.uniform_filter(z, 2 * r + 1, output=np.float64)
    return [
        ("mean, box", focal("mean"), mean64, ("mean", square)),
        ("sum, box", focal("sum"), lambda z, r: mean64(z, r) * (2 * r + 1) ** 2, ("sum", square)),
        ("min, box", focal("min"), box(ndimage.minimum_filter), ("min", square)),
        ("max, box", focal("max"), box(ndimage.maximum_filter), ("max", square)),
        ("range, box", focal("range"), lambda z, r: ndimage.maximum_filter(z, 2 * r + 1) - ndimage.minimum_filter(z, 2 * r + 1), ("range", square)),
        ("std, box", focal("std"), std, ("std", square)),
        ("variance, box", focal("variance"), lambda z, r: std(z, r, False), ("var", square)),
        ("tpi, box", focal("tpi"), lambda z, r: z - (mean64(z, r) * (2 * r + 1) ** 2 - z) / ((2 * r + 1) ** 2 - 1), None),
        ("median, box", focal("median"), box(ndimage.median_filter), None),
        ("percentile 90, box", focal("percentile", "--percentile", "90"), lambda z, r: ndimage.percentile_filter(z, 90, 2 * r + 1), None),
        ("majority of 12 classes, box", focal("majority"), None, None),
        ("variety of 12 classes, box", focal("variety"), None, ("variety", square)),
        ("majority of heights, box", focal("majority"), None, None),
        ("variety of heights, box", focal("variety"), None, ("variety", square)),
        ("mean, circle", focal("mean", *circle), lambda z, r: ndimage.convolve(z, disc(r) / disc(r).sum()), ("mean", lambda r: disc(r) * 1.0)),
        ("min, circle", focal("min", *circle), lambda z, r: ndimage.minimum_filter(z, footprint=disc(r)), ("min", lambda r: disc(r) * 1.0)),
        ("std, circle", focal("std", *circle), None, ("std", lambda r: disc(r) * 1.0)),
        ("median, circle", focal("median", *circle), lambda z, r: ndimage.median_filter(z, footprint=disc(r)), None),
        ("erode, box", lambda r: ["morphology", "--radius", str(r)], box(ndimage.grey_erosion), None),
        ("open, box", lambda r: ["morphology", "--operation", "open", "--radius", str(r)], box(ndimage.grey_opening), None),
        ("gaussian, sigma r / 4", lambda r: ["convolve", "--sigma", str(r / 4)],
         lambda z, r: ndimage.gaussian_filter(z, r / 4, truncate=4, output=np.float64), None),
        ("bilateral, sigma r / 3 (21 at most)", lambda r: ["bilateral", "--sigma", str(min(21, r / 3)), "--range-sigma", "20"], None, None),
        ("laplacian 3 x 3", lambda r: ["convolve", "--kernel", "laplacian"] if r == 1 else None,
         lambda z, r: ndimage.laplace(z) if r == 1 else None, None),
        ("sobel 3 x 3", lambda r: ["convolve", "--kernel", "sobel"] if r == 1 else None,
         lambda z, r: np.hypot(ndimage.sobel(z, 0), ndimage.sobel(z, 1)) if r == 1 else None, None),
    ]


def write(path, z):
    profile = dict(driver="GTiff", width=z.shape[1], height=z.shape[0], count=1, dtype="float32", tiled=True, blockxsize=512, blockysize=512)
    with rasterio.open(path, "w", transform=rasterio.Affine(10, 0, 0, 0, -10, 0), crs="EPSG:32616", **profile) as f:
        f.write(z.astype(np.float32), 1)


def model(folder, size):
    path = os.path.join(folder, "model.tif")
    generator = os.path.join(HERE, "../tests/oracle/gen_dem.py")
    subprocess.run([sys.executable, generator, path, str(size), str(size), "float32", "--tile", "512"], check=True)
    with rasterio.open(path) as f:
        return f.read(1)


def growing(rows, once, seconds, n):
    """Megapixels a second of `once(rows)`, which gives pixels and seconds, over n rows or as many more as time allows."""
    n = min(n, rows)
    while True:
        pixels, took = once(n)
        if took > seconds / 3 or n == rows:
            return pixels / took / 1e6
        n = min(rows, n * max(2, min(16, int(seconds / max(took, 1e-3)))))


def of_swath(a, folder, z, command, r, extra):
    def once(rows):
        path, out = os.path.join(folder, f"{id(z)}-{rows}.tif"), os.path.join(folder, "out.tif")
        if not os.path.exists(path):
            write(path, z[:rows])
        words = [a.swath, *command, path, out, "--threads", "1", "--compress", "none", "--quiet", "--overwrite", *extra]
        _, cpu, _ = run(words)
        return rows * z.shape[1], cpu

    return growing(z.shape[0], once, a.seconds, 256)


def of_call(a, z, call, r):
    def once(rows):
        part = np.ascontiguousarray(z[:rows])
        began = time.process_time()
        call(part, r)
        return part.size, time.process_time() - began

    # A small piece first: what would take more than 20 seconds for 16 rows is left out.
    piece = np.ascontiguousarray(z[:16, :64])
    began = time.process_time()
    if call(piece, r) is None:
        return None
    if (time.process_time() - began) * z.shape[1] > 20 * 64:
        return None
    return growing(z.shape[0], once, a.seconds, 16)


def of_xrspatial(a, z, stat, kernel, r):
    try:
        import xarray
        from xrspatial.focal import focal_stats
    except ImportError:
        return None
    call = lambda part, r: focal_stats(xarray.DataArray(part), kernel(r), stats_funcs=[stat])
    try:
        call(z[:16, :64], r)
        return of_call(a, z, call, r)
    except (KeyError, ValueError):  # Statistics that this release of it does not have.
        return None


def table(a, folder, fields):
    # reflect is what SciPy does; nothing else of it differs.
    border = ["--border", "reflect", "--backend", "cpu"]
    only = a.only.split(",") if a.only else None
    for name, command, scipy, xrspatial in cases():
        if only and not any(word in name for word in only):
            continue
        z = fields["classes" if "classes" in name else "heights"]
        rows = {"swath": [], "SciPy": [], "xarray-spatial": []}
        for r in a.radii:
            words = command(r)
            rows["swath"].append(of_swath(a, folder, z, words, r, border) if words else None)
            rows["SciPy"].append(of_call(a, z, scipy, r) if scipy else None)
            rows["xarray-spatial"].append(of_xrspatial(a, z, *xrspatial, r) if xrspatial else None)
        for who, rates in rows.items():
            if any(rates):
                cells = ["-" if rate is None else f"{rate:.3g}" if rate < 100 else f"{rate:.0f}" for rate in rates]
                print("| " + " | ".join([name, who, *cells]) + " |", flush=True)


def device_table(a, folder, fields):
    z = fields["heights"]
    device = ["--backend", "gpu", "--adapter", a.device]
    for name, words in [
        ("mean", ["focal", "--stat", "mean"]),
        ("std", ["focal", "--stat", "std"]),
        ("min", ["focal", "--stat", "min"]),
        ("range", ["focal", "--stat", "range"]),
        ("open", ["morphology", "--operation", "open"]),
        ("gaussian", ["convolve"]),
        ("median", ["focal", "--stat", "median"]),
        ("variety", ["focal", "--stat", "variety"]),
    ]:
        if a.only and not any(word in name for word in a.only.split(",")):
            continue
        reflect, extrapolate = ["--border", "reflect"], ["--border", "extrapolate"]
        ways = [("box in two passes", reflect), ("box in runs", extrapolate), ("circle in runs", ["--shape", "circle", *reflect])]
        if name in ("median", "variety"):
            ways = [("box, pixel by pixel", reflect)]
        elif name == "gaussian":
            ways = [("two passes", reflect), ("pixel by pixel", extrapolate)]
        for way, more in ways:
            cells = []
            for r in a.radii:
                size = ["--sigma", str(r / 4)] if name == "gaussian" else ["--radius", str(r)]
                # What goes slower than a hundredth of a megapixel a second at half the radius is not waited for.
                slow = cells and (cells[-1] == "-" or float(cells[-1]) < a.least)
                rate = None if slow else of_swath(a, folder, z, [*words, *size], r, [*device, *more])
                cells.append("-" if rate is None else f"{rate:.3g}")
            print("| " + " | ".join([name, way, *cells]) + " |", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--size", type=int, default=2048)
    ap.add_argument("--radii", type=lambda text: [int(r) for r in text.split(",")], default=[1, 2, 4, 8, 16, 32, 64])
    ap.add_argument("--only", help="names, or parts of them, parted by commas")
    ap.add_argument("--seconds", type=float, default=1.0)
    ap.add_argument("--device", help="measure this adapter instead")
    ap.add_argument("--least", type=float, default=0.05, help="with --device: radii beyond one that was slower than this are left out")
    ap.add_argument("--swath", default=os.path.join(HERE, "../target/release/swath"))
    a = ap.parse_args()
    if not os.path.exists(a.swath):
        sys.exit(f"{a.swath} does not exist: cargo build --release")
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        heights = model(folder, a.size)
        low, high = heights.min(), heights.max()
        classes = np.floor((heights - low) / (high - low + 1) * 12).astype(np.float32)
        fields = {"heights": heights, "classes": classes}
        print("| operator | | " + " | ".join(f"r = {r}" for r in a.radii) + " |")
        print("|---|---|" + "---|" * len(a.radii))
        (device_table if a.device else table)(a, folder, fields)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Focal statistics, morphology, convolution and the bilateral filter of swath beside SciPy's and NumPy's.

    check_focal.py SWATH FOLDER [SWATH_OPTION...]        exit 1 on a difference beyond its bound

Rasters of whole numbers, of heights and of heights with gaps; borders nearest and reflect as scipy.ndimage has them, missing as
NaN around, extrapolate as numpy.pad's odd reflection. Order statistics, counts and extremes must be the same bits; sums, moments
and weighted means are compared with float64.
"""
import subprocess
import sys

import numpy as np
import rasterio
from scipy import ndimage

MODES = {"nearest": "edge", "reflect": "symmetric"}


def padded(z, reach, border):
    """z in float64, `reach` = (rows, cols) wider on each side."""
    width = [(reach[0],) * 2, (reach[1],) * 2]
    if border == "missing":
        return np.pad(z, width, constant_values=np.nan)
    if border == "extrapolate":
        # Columns first, each step rounded to float32; what the raster is not deep enough for is missing.
        for axis in (1, 0):
            depth = min(reach[axis], z.shape[axis] - 1)
            z = np.pad(z, [(depth,) * 2 if k == axis else (0, 0) for k in (0, 1)], mode="reflect", reflect_type="odd")
            z = z.astype(np.float32).astype(np.float64)
            z = np.pad(z, [(reach[axis] - depth,) * 2 if k == axis else (0, 0) for k in (0, 1)], constant_values=np.nan)
        return z
    return np.pad(z, width, mode=MODES[border])


def around(z, mask, border):
    """The samples of every neighbourhood, along the last axis."""
    reach = mask.shape[0] // 2, mask.shape[1] // 2
    windows = np.lib.stride_tricks.sliding_window_view(padded(z, reach, border), mask.shape)
    return windows[:, :, mask]


def disc(r, inner=-1):
    y, x = np.mgrid[-r : r + 1, -r : r + 1]
    d = y * y + x * x
    return (d <= r * r) & (d > (inner * inner if inner >= 0 else -1))


def majority(samples):
    values, counts = np.unique(samples, return_counts=True)
    return values[np.argmax(counts)]


STATS = {
    "mean": np.nanmean, "sum": np.nansum, "min": np.nanmin, "max": np.nanmax, "std": np.nanstd, "variance": np.nanvar,
    "range": lambda s, axis: np.nanmax(s, axis) - np.nanmin(s, axis),
    "median": np.nanmedian,
    "percentile": lambda s, axis: np.nanpercentile(s, 83, axis),
    "majority": lambda s, axis: np.apply_along_axis(lambda v: majority(v[~np.isnan(v)]) if (~np.isnan(v)).any() else np.nan, axis, s),
    "variety": lambda s, axis: np.apply_along_axis(lambda v: len(np.unique(v[~np.isnan(v)])) or np.nan, axis, s),
}
EXACT = {"min", "max", "range", "median", "majority", "variety"}


def statistic(stat, samples, propagate):
    with np.errstate(all="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = STATS[stat](samples, axis=-1)
    result = np.where(np.isnan(samples).all(-1), np.nan, result)
    return np.where(np.isnan(samples).any(-1), np.nan, result) if propagate else result


class Check:
    def __init__(self, swath, folder, options):
        self.swath, self.folder, self.options, self.failed, self.done = swath, folder, options, 0, 0
        rng = np.random.default_rng(7)
        y, x = np.mgrid[:41, :53]
        heights = (900 + 40 * np.sin(x / 9) * np.cos(y / 7) + rng.normal(0, 3, x.shape)).astype(np.float32)
        gaps = heights.copy()
        gaps[rng.random(x.shape) < 0.05] = np.nan
        gaps[10:24, 20:40] = np.nan
        self.rasters = {"heights": heights, "gaps": gaps, "classes": rng.integers(0, 6, x.shape).astype(np.float32)}
        for name, z in self.rasters.items():
            profile = dict(driver="GTiff", width=z.shape[1], height=z.shape[0], count=1, dtype="float32", nodata=-9999)
            with rasterio.open(f"{folder}/{name}.tif", "w", transform=rasterio.Affine(10, 0, 0, 0, -10, 0), **profile) as f:
                f.write(np.where(np.isnan(z), -9999, z).astype(np.float32), 1)

    def run(self, name, words):
        out = f"{self.folder}/out.tif"
        command = [self.swath, *words, f"{self.folder}/{name}.tif", out, "--overwrite", "--quiet", *self.options]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stderr}")
        with rasterio.open(out) as f:
            return f.read(1, masked=True).filled(np.nan)

    def compare(self, name, words, truth, bound):
        """`bound` is of the result, above 1; 0 demands the same float32."""
        ours = self.run(name, words)
        truth = np.asarray(truth, np.float64)
        self.done += 1
        if (np.isnan(ours) != np.isnan(truth)).any():
            worst = "missing differs"
        else:
            valid = ~np.isnan(truth)
            apart = np.abs(ours[valid] - (truth[valid].astype(np.float32) if bound == 0 else truth[valid])) / np.maximum(np.abs(truth[valid]), 1)
            worst = apart.max() if apart.size else 0.0
            if worst <= bound:
                return
        self.failed += 1
        print(f"{' '.join(words)} on {name}: {worst}, bound {bound}")


def main():
    check = Check(sys.argv[1], sys.argv[2], sys.argv[3:])
    masks = {
        ("--radius", "1"): np.ones((3, 3), bool),
        ("--radius", "4"): np.ones((9, 9), bool),
        ("--shape", "circle", "--radius", "5"): disc(5),
        ("--shape", "annulus", "--radius", "4", "--inner", "2"): disc(4, 2),
        ("--footprint", "1 0 0 1 1; 0 1 0 0 1; 0 0 1 1 0"): np.array([[1, 0, 0, 1, 1], [0, 1, 0, 0, 1], [0, 0, 1, 1, 0]], bool),
    }
    turn = 0
    for stat in STATS:
        for options, mask in masks.items():
            name = ["heights", "gaps", "classes"][turn % 3]
            border = ["missing", "nearest", "reflect", "extrapolate"][turn % 4]
            propagate = turn % 5 == 4
            turn += 1
            z = check.rasters[name].astype(np.float64)
            truth = statistic(stat, around(z, mask, border), propagate)
            words = ["focal", "--stat", stat, *options, "--border", border, *(["--missing", "propagate"] if propagate else [])]
            check.compare(name, [*words, *(["--percentile", "83"] if stat == "percentile" else [])], truth, 0 if stat in EXACT else 1e-6)

    # SciPy's own filters, without gaps. Large ones too: a radius of 20 is as wide as the raster.
    for border in ("nearest", "reflect"):
        z = check.rasters["heights"].astype(np.float64)
        for r in (1, 3, 20):
            size, mode = 2 * r + 1, dict(mode=border)
            focal = lambda stat, *more: ["focal", "--stat", stat, "--radius", str(r), "--border", border, *more]
            check.compare("heights", focal("mean"), ndimage.uniform_filter(z, size, **mode), 1e-6)
            check.compare("heights", focal("min"), ndimage.minimum_filter(z, size, **mode), 0)
            check.compare("heights", focal("max", "--shape", "circle"), ndimage.maximum_filter(z, footprint=disc(r), **mode), 0)
            check.compare("heights", focal("median"), ndimage.median_filter(z, size, **mode), 0)
            check.compare("heights", focal("median", "--shape", "circle"), ndimage.median_filter(z, footprint=disc(r), **mode), 0)
            tpi = z - (ndimage.uniform_filter(z, size, **mode) * size**2 - z) / (size**2 - 1)
            check.compare("heights", focal("tpi"), tpi, 2e-5)
        asymmetric = np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], bool)
        for words, element in [(["--radius", "2"], np.ones((5, 5), bool)), (["--shape", "circle", "--radius", "3"], disc(3)),
                               (["--footprint", "0 1 1; 1 0 0; 1 0 0"], asymmetric)]:
            both = dict(footprint=element, mode=border)
            for operation, f in [("erode", ndimage.grey_erosion), ("dilate", ndimage.grey_dilation), ("open", ndimage.grey_opening),
                                 ("close", ndimage.grey_closing)]:
                check.compare("heights", ["morphology", "--operation", operation, *words, "--border", border], f(z, **both), 0)
        for sigma in (0.8, 3.0):
            truth = ndimage.gaussian_filter(z, sigma, mode=border, radius=int(np.ceil(4 * sigma)))
            check.compare("heights", ["convolve", "--sigma", str(sigma), "--border", border], truth, 1e-6)
        weights = np.array([[0, 1, 0], [1, 4, 1], [0, 1, -2.5]])
        truth = ndimage.correlate(z, weights, mode=border)
        check.compare("heights", ["convolve", "--weights", "0 1 0; 1 4 1; 0 1 -2.5", "--border", border], truth, 1e-6)

    # tpi of any radius: the mean of the neighbours that there are.
    z = check.rasters["gaps"].astype(np.float64)
    others = np.ones((13, 13), bool)
    others[6, 6] = False
    truth = np.where(np.isnan(z), np.nan, z - statistic("mean", around(z, others, "missing"), False))
    check.compare("gaps", ["tpi", "--radius", "6"], truth, 2e-5)

    if "bilateral" in subprocess.run([check.swath, "operators"], capture_output=True, text=True).stdout:
        for name, border in [("heights", "reflect"), ("gaps", "missing"), ("heights", "extrapolate")]:
            z, sigma, reach = check.rasters[name].astype(np.float64), 1.4, 5
            samples = around(z, np.ones((2 * reach + 1,) * 2, bool), border)
            y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
            w = np.exp(-(x * x + y * y).ravel() / (2 * sigma**2)) * np.exp(-((samples - z[..., None]) ** 2) / (2 * 6.0**2))
            truth = np.nansum(w * samples, -1) / np.nansum(w, -1)
            truth = np.where(np.isnan(z), np.nan, truth)
            check.compare(name, ["bilateral", "--sigma", str(sigma), "--range-sigma", "6", "--border", border], truth, 1e-6)

    print(f"{check.done} comparisons, {check.failed} failed")
    sys.exit(check.failed > 0 or check.done == 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""calc, index, rescale, clamp and cast through files, against numpy in float64.

Usage: check_calc.py SWATH [--backend ...]      exit 1 and a line for each difference
"""
import pathlib, subprocess, sys, tempfile

import numpy as np
import rasterio
from rasterio.transform import from_origin

SWATH, BACKEND = sys.argv[1], sys.argv[2:]
SHAPE = (70, 93)
GAP = np.nan


def write(path, bands, nodata, dtype):
    profile = dict(driver="GTiff", width=SHAPE[1], height=SHAPE[0], count=len(bands), dtype=dtype, nodata=nodata,
                   crs="EPSG:32633", transform=from_origin(5e5, 5e6, 30, 30), tiled=True, blockxsize=32, blockysize=32)
    with rasterio.open(path, "w", **profile) as out:
        for number, band in enumerate(bands, 1):
            out.write(np.where(np.isnan(band), nodata, band).astype(dtype), number)


def read(path):
    with rasterio.open(path) as raster:
        band = raster.read(1).astype("f8")
        return np.where(band == raster.nodata, GAP, band), raster.dtypes[0], raster.nodata


def index(a, b):
    return (a - b) / (a + b)


def where(c, a, b):
    """Missing conditions give missing: comparisons of NaN must not decide."""
    return np.where(np.isnan(c), GAP, np.where(c == 1, a, b))


def truth(c, *operands):
    return np.where(np.any([np.isnan(x) for x in operands], axis=0), GAP, c)


def half_up(x):
    return np.floor(x + 0.5)


def main():
    random = np.random.default_rng(7)
    blue, green, red, nir = (np.round(random.uniform(0, 6000, SHAPE)) for _ in range(4))
    height = np.float32(random.uniform(-50, 900, SHAPE)).astype("f8")
    for band in (nir, height):
        band[random.uniform(size=SHAPE) < 0.05] = GAP
    A, B = height, nir
    failures = 0
    with tempfile.TemporaryDirectory() as folder, np.errstate(all="ignore"):
        folder = pathlib.Path(folder)
        write(folder / "image.tif", [blue, green, red, nir], -32768, "int16")
        write(folder / "height.tif", [height], -9999, "float32")
        f32 = ("float32", -9999.0)
        byte = ("uint8", 255.0)
        a, b = ["--A", "height.tif"], ["--B", "image.tif,4"]
        cases = [
            (["calc", "(B - A) / (B + A)", *a, *b], index(B, A), 1e-6, f32),
            (["calc", "(B - A) / (B + A)", "--A", "image.tif", "--A_band=3", *b], index(nir, red), 1e-6, f32),
            (["calc", "where(isnan(A), B, A) * 2", *a, *b], np.where(np.isnan(A), B, A) * 2, 0, f32),
            (["calc", "A > 100 and B < 3000", *a, *b],
             np.where((A <= 100) | (B >= 3000), 0, truth((A > 100) & (B < 3000), A, B)), 0, byte),
            (["calc", "A*(A>0) + (A<=0)*7", *a], A * (A > 0) + (A <= 0) * 7, 0, f32),
            (["calc", "log10(A) + sqrt(A) ** 3", *a], np.log10(A) + np.sqrt(A) ** 3, 1e-6, f32),
            (["calc", "arctan2(A, B) + exp(-A / 100) * sin(A)", *a, *b], np.arctan2(A, B) + np.exp(-A / 100) * np.sin(A), 2e-6, f32),
            (["calc", "A % 7 + round(A) % -3", *a], np.mod(A, 7) + np.mod(np.rint(A), -3), 1e-4, f32),
            (["calc", "-A ** 2 - maximum(A, 5, B / 10)", *a, *b], -(A**2) - np.maximum(np.maximum(A, 5), B / 10), 1e-6, f32),
            (["calc", "round(A)", *a, "--dtype", "int16", "--nodata", "-32768"], np.rint(A), 0, ("int16", -32768.0)),
            (["index", "NDVI", "--nir", "image.tif,4", "--red", "image.tif,3"], index(nir, red), 1e-6, f32),
            (["index", "evi", "--blue", "image.tif,1", "--red", "image.tif,3", "--nir", "image.tif,4"],
             2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1), None, f32),
            (["rescale", "height.tif", "--from", "0,500", "--to", "-1,1"], A / 250 - 1, 1e-6, f32),
            (["rescale", "height.tif", "--from", "0,500", "--to", "-1,1", "--clamp"], np.clip(A / 250 - 1, -1, 1), 1e-6, f32),
            (["clamp", "height.tif", "--min", "0", "--max", "600"], np.clip(A, 0, 600), 0, f32),
            (["clamp", "height.tif", "--min", "0", "--drop"], np.where(A < 0, GAP, A), 0, f32),
            (["cast", "height.tif", "--to", "int16"], half_up(A), 0, ("int16", -32768.0)),
            (["cast", "height.tif", "--to", "uint8"], np.clip(half_up(A), 0, 254), 0, byte),
            (["cast", "height.tif", "--to", "uint8", "--rounding", "truncate", "--range", "missing"],
             np.where((np.trunc(A) < 0) | (np.trunc(A) > 254), GAP, np.trunc(A)), 0, byte),
            (["cast", "height.tif", "--to", "int32", "--rounding", "even"], np.rint(A), 0, ("int32", -2147483648.0)),
        ]
        for arguments, expected, tolerance, (dtype, nodata) in cases:
            command = [SWATH, *arguments, "out.tif", "--overwrite", "-q", *BACKEND]
            subprocess.run(command, cwd=folder, check=True)
            found, found_dtype, found_nodata = read(folder / "out.tif")
            expected = np.where(np.isfinite(expected), expected, GAP)
            if tolerance is None:
                # Near the pole of the quotient float32 has no digits left: the denominator's own error counts.
                denominator = np.abs(nir + 6 * red - 7.5 * blue + 1)
                allowed = 1e-5 + np.abs(expected) * 1e-2 / np.maximum(denominator, 1)
            else:
                allowed = tolerance * np.maximum(1, np.abs(expected))
            wrong = ~((np.isnan(found) & np.isnan(expected)) | (np.abs(found - expected) <= allowed))
            if (found_dtype, found_nodata) != (dtype, nodata) or wrong.any():
                at = tuple(np.argwhere(wrong)[0]) if wrong.any() else (0, 0)
                print(f"{arguments}: {wrong.sum()} differ, at {at} {found[at]} for {expected[at]}; {found_dtype} {found_nodata}")
                failures += 1
        print(f"{len(cases)} cases, {failures} failures")
    return failures > 0


sys.exit(main())

#!/usr/bin/env python3
"""Compares COGs and files with overviews with what was meant: check_pyramids.py MANIFEST.json

The manifest is a list of {file, raw, rows, cols, bands, dtype, cog, sparse, nodata, method, overviews, statistics,
histograms, mask, planar, lossy, lerc}; `raw`
holds full resolution, little-endian and pixel-interleaved (null: what the file holds), `mask` one byte a pixel, 0 where it is
missing (null: no mask; true: whatever the file says). Samples of lossy files are compared with nothing. rasterio and tifffile must decode
exactly that, agree on every overview, find the statistics of a two-pass float64 reference to 1e-9, NumPy's counts in the histograms, and every overview must
be what numpy makes of full resolution. COGs must satisfy rio-cogeo (strict) and GDAL's validator with full check, and be
COGs to GDAL. Exit 1 where anything differs.
"""
import json
import subprocess
import sys
import warnings

import numpy as np
import rasterio
import tifffile
from rio_cogeo.cogeo import cog_validate

warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
VALIDATE = """
import sys
from osgeo import gdal
from osgeo_utils.samples import validate_cloud_optimized_geotiff as v
gdal.UseExceptions()
for path in sys.argv[1:]:
    try:
        warned, errors, _ = v.validate(path, full_check=True)
        for line in list(warned) + list(errors):
            print(path, line)
    except Exception as error:
        print(path, error)
"""
failures = []


def quads(a, fill):
    """The four samples under each of the level above, outside filled: (4, rows, cols)."""
    rows, cols = a.shape
    out = np.full((rows + rows % 2, cols + cols % 2), fill, a.dtype)
    out[:rows, :cols] = a
    return np.stack([out[0::2, 0::2], out[0::2, 1::2], out[1::2, 0::2], out[1::2, 1::2]])


def above(method, values, weights):
    """One level up: exact samples for what is selected, (sum, count) for what is averaged."""
    v, w = quads(values, values.dtype.type(0)), quads(weights, 0.0)
    if method == "nearest":
        return v[0], w[0]
    total = w.sum(0)
    if method in ("average", "rms"):
        return v.sum(0), total
    if method == "mode":
        heavy = np.stack([sum(np.where(v[j] == v[i], w[j], 0) for j in range(4)) for i in range(4)])
        best = np.argmax(np.where(w > 0, heavy, -1), 0)
    else:
        best = np.zeros(total.shape, int)
        for i in range(1, 4):
            chosen, chosen_w = np.take_along_axis(v, best[None], 0)[0], np.take_along_axis(w, best[None], 0)[0]
            better = v[i] < chosen if method == "min" else v[i] > chosen
            best = np.where((w[i] > 0) & ((chosen_w == 0) | better), i, best)
    return np.take_along_axis(v, best[None], 0)[0], total


def missing(a, nodata):
    m = np.isnan(a) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
    if nodata is None or nodata == "nan":
        return m
    value = int(nodata) if a.dtype.kind in "iu" else float(nodata)
    return m | (a == np.asarray(value).astype(a.dtype))


def check_overview(check, method, level, got, values, weights, nodata, mask):
    gone = missing(got, nodata) if mask is None else ~mask
    check(np.array_equal(gone, weights == 0), f"overview {level}: other samples are missing")
    both = ~gone & (weights > 0)
    if method in ("average", "rms"):
        want = np.asarray(values[both] / weights[both], np.float64)
        want = np.sqrt(want) if method == "rms" else want
        if got.dtype.kind in "iu":
            rounded = np.floor(want + 0.5)
            # A mean that would be the sentinel is one more.
            near = np.abs(got[both].astype(np.float64) - rounded)
            fine = near <= np.where(rounded == float(nodata or "nan"), 1, np.abs(want) * 1e-15)
            check(fine.all(), f"overview {level}: {(~fine).sum()} samples are not the mean")
        else:
            eps = np.finfo(got.dtype).eps
            check(np.allclose(got[both].astype(np.float64), want, rtol=eps, atol=eps), f"overview {level}: not the mean")
    else:
        check(np.array_equal(got[both], values[both]), f"overview {level}: other samples than {method}")


def check_case(case):
    def check(good, what):
        if not good:
            failures.append(f"{case['file']}: {what}")

    dtype, nodata, bands = np.dtype(case["dtype"]), case["nodata"], case["bands"]
    shape = (case["rows"], case["cols"], bands)
    with tifffile.TiffFile(case["file"]) as tif:
        images = [page for page in tif.pages if not int(page.subfiletype) & 4]
        masks = [page.asarray() != 0 for page in tif.pages if int(page.subfiletype) & 4]
        check(all((page.planarconfig == 2) == case["planar"] for page in images), "planar configuration")
        pages = [page.asarray() for page in images]
        if case["planar"]:
            pages = [np.moveaxis(page.reshape(bands, *page.shape[-2:]), 0, 2) for page in pages]
        pages = [page.reshape(*page.shape[:2], bands) for page in pages]
        if case["lerc"] and dtype.kind == "f":
            # tifffile gives 0 where LERC says that there is nothing, also in GDAL's own files.
            pages = []
            for level in range(len(images)):
                with rasterio.open(case["file"], **({"overview_level": level - 1} if level else {})) as ds:
                    pages.append(np.ascontiguousarray(np.moveaxis(ds.read(), 0, 2)))
        check(all(page.is_tiled for page in images[1:]), "overviews not tiled")
        check(all(int(page.subfiletype) == 1 for page in images[1:]), "overviews do not say that they are")
        kinds = [int(page.subfiletype) for page in tif.pages if int(page.subfiletype) & 4]
        check(kinds == ([4] + [5] * (len(images) - 1) if case["mask"] else []), f"masks are of kinds {kinds}")
    sizes = [[page.shape[1], page.shape[0]] for page in pages[1:]]
    check(sizes == case["overviews"], f"overviews are {sizes}")
    if case["raw"]:
        expected = np.fromfile(case["raw"], dtype.newbyteorder("<")).reshape(shape)
        check(case["lossy"] or pages[0].tobytes() == expected.tobytes(), "tifffile decodes other pixels")
    if isinstance(case["mask"], str):
        check(np.array_equal(masks[0], np.fromfile(case["mask"], np.uint8).reshape(shape[:2]) != 0), "another mask")
    base = pages[0]
    check(base.shape == shape and base.dtype == dtype, f"tifffile sees {base.shape} {base.dtype}")
    with rasterio.open(case["file"]) as ds:
        tags = [ds.tags(i + 1) for i in range(bands)]
        layout = ds.tags(ns="IMAGE_STRUCTURE").get("LAYOUT")
        check((layout == "COG") == case["cog"], f"GDAL says LAYOUT={layout}")
    for level, page in enumerate(pages):
        with rasterio.open(case["file"], **({"overview_level": level - 1} if level else {})) as ds:
            got = np.ascontiguousarray(np.moveaxis(ds.read(), 0, 2))
            valid = ds.read_masks(1) != 0
        same = np.array_equal(got, page.astype(got.dtype), equal_nan=got.dtype.kind == "f")
        check(same or case["lossy"], f"rasterio and tifffile differ at level {level}")
        if case["mask"]:
            check(np.array_equal(valid, masks[level]), f"rasterio and tifffile differ on the mask of level {level}")
    for band in range(bands):
        own = base[:, :, band]
        gone = ~masks[0] if case["mask"] else missing(own, nodata)
        weights = np.where(gone, 0.0, 1.0)
        if case["method"] in ("average", "rms"):
            exact = own.astype(object) if dtype.kind in "iu" and dtype.itemsize == 8 else own.astype(np.float64)
            values = np.where(weights > 0, exact * exact if case["method"] == "rms" else exact, 0)
        else:
            values = np.where(weights > 0, own, dtype.type(0))
        for level, page in enumerate(pages[1:], 1):
            if case["method"] in ("bilinear", "cubic"):
                break
            values, weights = above(case["method"], values, weights)
            if case["mask"]:
                check(np.array_equal(masks[level], weights > 0), f"overview {level}: another mask")
            if not case["lossy"]:
                check_overview(check, case["method"], level, page[:, :, band], values, weights, nodata, masks[level] if case["mask"] else None)
        valid = own[~gone].astype(np.longdouble)
        if not case["lossy"] and case["statistics"] and valid.size:
            mean = valid.sum() / valid.size
            want = {"MINIMUM": valid.min(), "MAXIMUM": valid.max(), "MEAN": mean, "STDDEV": np.sqrt(((valid - mean) ** 2).sum() / valid.size)}
            for name, value in want.items():
                found = float(tags[band].get("STATISTICS_" + name, "nan"))
                check(abs(found - value) <= 1e-9 * max(abs(value), abs(mean) * 1e-6), f"{name} of band {band + 1} is {found}, not {value}")
        if not case["lossy"]:
            told, values = case["histograms"][band], own[~gone].astype(np.float64)
            counts, _ = np.histogram(values, bins=len(told["counts"]), range=(told["min"], told["max"]))
            check(counts.tolist() == told["counts"], f"the histogram of band {band + 1} counts otherwise")
            ends = [int((values < told["min"]).sum()), int((values > told["max"]).sum())]
            check(ends == [told["below"], told["above"]], f"beside the histogram of band {band + 1} are {ends}")
    if case["cog"]:
        valid, errors, warned = cog_validate(case["file"], strict=bool(case["overviews"]), quiet=True)
        # rio-cogeo measures decimation by columns alone, of which a narrow raster runs out before it fits a tile.
        narrow = case["cols"] < 2 ** len(case["overviews"])
        said = [line for line in list(errors) + list(warned) if not (narrow and "Invalid Decimation" in line)]
        check(not said and (valid or narrow), f"rio-cogeo: {said}")


cases = json.load(open(sys.argv[1]))
for case in cases:
    try:
        check_case(case)
    except Exception as error:
        failures.append(f"{case['file']}: {type(error).__name__}: {error}")
cogs = [case["file"] for case in cases if case["cog"]]
r = subprocess.run(["/usr/bin/python3", "-c", VALIDATE, *cogs], capture_output=True, text=True)
failures += [f"GDAL's validator: {line}" for line in r.stdout.splitlines()]
if r.returncode:
    failures.append(f"GDAL's validator: {r.stderr[-400:]}")
print("\n".join(failures[:40]))
print(f"{len(cases)} files ({len(cogs)} COGs), {len(failures)} failures")
sys.exit(1 if failures else 0)

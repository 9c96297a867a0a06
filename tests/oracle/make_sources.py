"""Writes a matrix of TIFF files with rasterio (GDAL) and tifffile, raw dumps of their pixels, and a manifest.

Usage: make_sources.py DIRECTORY

manifest.json is a list of {file, dtype, rows, cols, bands, nodata, alpha, masked, transform, epsg, writer}; beside each file lies
FILE.raw (rows, cols, bands; little-endian) and, where masked, FILE.mask (rows, cols; bytes, 0 where missing).
"""

import itertools
import json
import os
import sys
import warnings

import numpy as np
import rasterio
import tifffile
from rasterio.crs import CRS
from rasterio.transform import Affine

warnings.filterwarnings("ignore")
out = sys.argv[1]
manifest = []
rng = np.random.default_rng(7)


def pixels(dtype, rows, cols, bands):
    """Smooth enough to compress, odd enough to catch an error; with extreme values."""
    dtype = np.dtype(dtype)
    y, x, b = np.mgrid[0:rows, 0:cols, 0:bands]
    field = 40 * np.sin(x / 9.0) + 30 * np.cos(y / 7.0) + 10 * b + rng.normal(0, 1, (rows, cols, bands))
    if dtype.kind == "f":
        a = (field * 1.37).astype(dtype)
        a.flat[:5] = [np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).tiny]
    elif dtype.kind == "u":
        a = np.clip(field + 80, 0, 255).astype(dtype)
        a.flat[:2] = [0, np.iinfo(dtype).max]
    else:
        a = np.clip(field, -128, 127).astype(dtype)
        a.flat[:2] = [np.iinfo(dtype).min, np.iinfo(dtype).max]
    return a


def record(name, a, writer, mask=None, **more):
    rows, cols, bands = a.shape
    a.astype(a.dtype.newbyteorder("<")).tofile(os.path.join(out, name + ".raw"))
    if mask is not None:
        mask.astype("u1").tofile(os.path.join(out, name + ".mask"))
    manifest.append(
        dict(file=name, dtype=a.dtype.name, rows=rows, cols=cols, bands=bands, masked=mask is not None, writer=writer, **more)
    )


def gdal(name, a, mask=None, **options):
    rows, cols, bands = a.shape
    more = {k: options.pop(k) for k in ("nodata", "transform", "crs", "colorinterp", "tags") if k in options}
    profile = dict(driver="GTiff", width=cols, height=rows, count=bands, dtype=a.dtype.name, **options)
    profile.update({k: v for k, v in more.items() if k in ("nodata", "transform", "crs")})
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(os.path.join(out, name), "w", **profile) as f:
            f.write(np.moveaxis(a, 2, 0))
            if "colorinterp" in more:
                f.colorinterp = more["colorinterp"]
            if mask is not None:
                f.write_mask(mask)
            if more.get("tags"):
                f.update_tags(**more["tags"])
    known = {}
    if "transform" in more:
        known["transform"] = list(more["transform"])[:6]
    if "crs" in more:
        known["epsg"] = more["crs"].to_epsg()
    if "nodata" in more:
        known["nodata"] = str(more["nodata"])
    record(name, a, "gdal", mask, **known)


def tiff(name, a, planar=False, **options):
    options.setdefault("photometric", "minisblack")
    data = np.moveaxis(a, 2, 0) if planar else a
    if a.shape[2] == 1:
        data = a[:, :, 0]
    elif planar:
        options["planarconfig"] = "separate"
    else:
        options["planarconfig"] = "contig"
    with tifffile.TiffWriter(os.path.join(out, name), byteorder=options.pop("byteorder", "<"), bigtiff=options.pop("bigtiff", False)) as f:
        f.write(data, metadata=None, **options)
    record(name, a, "tifffile")


INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
FLOATS = ["float16", "float32", "float64"]
n = 0

# tifffile: every dtype, codec, legal predictor, layout, byte order; the header kind alternates.
CODECS = ["none", "lzw", "adobe_deflate", "deflate", "zstd", "packbits"]
for dtype, codec, layout, planar, order in itertools.product(INTEGERS + FLOATS, CODECS, ["tile", "strip"], [False, True], "<>"):
    predictors = [1]
    if codec in ("lzw", "adobe_deflate", "deflate", "zstd"):
        predictors.append(2 if dtype in INTEGERS else 3)
    for predictor in predictors:
        n += 1
        options = dict(byteorder=order, bigtiff=n % 3 == 0)
        if codec != "none":
            options["compression"] = codec
        if predictor != 1:
            options["predictor"] = predictor
        if layout == "tile":
            options["tile"] = (32, 48)
        else:
            options["rowsperstrip"] = [1, 7, 23, 71][n % 4]
        bands = [1, 3, 2, 5][n % 4] if not planar else 3
        name = f"t{n}_{dtype}_{codec}_p{predictor}_{layout}_{'planar' if planar else 'chunky'}_{'le' if order == '<' else 'be'}.tif"
        tiff(name, pixels(dtype, 71, 67, bands), planar, **options)

# GDAL: the same, with predictor 2 on floats.
for dtype, codec, tiled, interleave, big in itertools.product(
    INTEGERS + FLOATS[1:], ["NONE", "LZW", "DEFLATE", "ZSTD", "PACKBITS"], [True, False], ["PIXEL", "BAND"], [False, True]
):
    predictors = [1]
    if codec in ("LZW", "DEFLATE", "ZSTD"):
        predictors.append(2)
        if dtype in FLOATS:
            predictors.append(3)
    for predictor in predictors:
        n += 1
        options = dict(compress=codec, predictor=predictor, interleave=interleave)
        options["ENDIANNESS"] = "BIG" if big else "LITTLE"
        options["BIGTIFF"] = "YES" if n % 3 == 0 else "NO"
        if predictor == 1:
            options.pop("predictor")
        if tiled:
            options.update(tiled=True, blockxsize=32, blockysize=48)
        else:
            options.update(blockysize=[1, 7, 23, 71][n % 4])
        bands = [1, 3][n % 2] if interleave == "PIXEL" else 3
        name = f"g{n}_{dtype}_{codec}_p{predictor}_{'tile' if tiled else 'strip'}_{interleave}_{'be' if big else 'le'}.tif"
        gdal(name, pixels(dtype, 71, 67, bands), **options)

# Sizes at and around the chunk grid.
for rows, cols, tiled in itertools.product([1, 15, 16, 17], [1, 31, 32, 33], [True, False]):
    n += 1
    options = dict(tiled=True, blockxsize=32, blockysize=16) if tiled else dict(blockysize=16)
    gdal(f"g{n}_size_{rows}x{cols}_{tiled}.tif", pixels("float32", max(rows, 1), cols, 1)[:rows], compress="DEFLATE", predictor=3, **options)

# Large enough that cursors suspend their decoders (and read their input in many pieces).
for dtype, codec, predictor in [
    ("float32", "DEFLATE", 3), ("float32", "DEFLATE", 2), ("int16", "DEFLATE", 2), ("float32", "LZW", 1), ("int16", "LZW", 2),
    ("uint8", "PACKBITS", 1), ("float32", "NONE", 1), ("float64", "DEFLATE", 3),
]:
    n += 1
    options = dict(predictor=predictor) if predictor > 1 else {}
    gdal(f"g{n}_large_{dtype}_{codec}_{predictor}.tif", pixels(dtype, 700, 610, 1), compress=codec, tiled=True, blockxsize=512, blockysize=512, **options)
    n += 1
    gdal(f"g{n}_large_strip_{dtype}_{codec}_{predictor}.tif", pixels(dtype, 700, 610, 1), compress=codec, blockysize=650, **options)
n += 1
gdal(f"g{n}_large_zstd.tif", pixels("float64", 2100, 700, 1), compress="ZSTD", zstd_level=9, predictor=2, blockysize=2100)

# Sparse chunks, with and without nodata.
for nodata, interleave in itertools.product([None, -9999.0], ["PIXEL", "BAND"]):
    n += 1
    name = f"g{n}_sparse.tif"
    a = np.full((100, 130, 2), 0 if nodata is None else nodata, "float32")
    a[40:60, 70:90] = pixels("float32", 20, 20, 2) * 0 + 3
    with rasterio.open(
        os.path.join(out, name), "w", driver="GTiff", width=130, height=100, count=2, dtype="float32", nodata=nodata, tiled=True,
        blockxsize=32, blockysize=32, compress="deflate", SPARSE_OK=True, interleave=interleave,
    ) as f:
        f.write(np.moveaxis(a[40:60, 70:90], 2, 0), window=rasterio.windows.Window(70, 40, 20, 20))
    # A sparse file is smaller than any that holds all of its 20 chunks.
    record(name, a, "gdal", **({} if nodata is None else dict(nodata=str(nodata))))

# Masks: deflated bits in tiles and in strips, with planar and chunky images.
for tiled, interleave in itertools.product([True, False], ["PIXEL", "BAND"]):
    n += 1
    mask = np.where(rng.random((71, 67)) > 0.3, 255, 0).astype("u1")
    options = dict(tiled=True, blockxsize=32, blockysize=48) if tiled else dict(blockysize=9)
    gdal(f"g{n}_mask_{interleave}.tif", pixels("uint8", 71, 67, 3), mask, compress="DEFLATE", interleave=interleave, photometric="RGB", **options)

# Alpha.
n += 1
gdal(f"g{n}_alpha.tif", pixels("uint8", 40, 50, 4), compress="LZW", photometric="RGB", alpha="YES")
manifest[-1]["alpha"] = 3

# Georeferencing: north-up, south-up, rotated, geographic, pixel is point.
for transform, epsg, options in [
    (Affine(10, 0, 500000, 0, -12.5, 5200000), 32632, {}),
    (Affine(10, 0, 500000, 0, 12.5, 5200000), 32632, {}),
    (Affine(10, 2, 500000, 3, -12.5, 5200000), 32632, {}),
    (Affine(1 / 3600, 0, 7, 0, -1 / 3600, 47), 4326, {}),
]:
    n += 1
    gdal(f"g{n}_geo.tif", pixels("int16", 10, 12, 1), transform=transform, crs=CRS.from_epsg(epsg), nodata=-32768, **options)
n += 1
name = f"g{n}_point.tif"
gdal(name, pixels("int16", 10, 12, 1), transform=Affine(10, 0, 500000, 0, -10, 5200000), crs=CRS.from_epsg(32632))
with rasterio.open(os.path.join(out, name), "r+") as f:
    f.update_tags(AREA_OR_POINT="Point")
with rasterio.open(os.path.join(out, name)) as f:
    manifest[-1]["transform"] = list(f.transform)[:6]

# Overviews are ignored.
n += 1
name = f"g{n}_overviews.tif"
mask = np.where(rng.random((300, 300)) > 0.3, 255, 0).astype("u1")
gdal(name, pixels("uint8", 300, 300, 1), mask, compress="DEFLATE", tiled=True, blockxsize=64, blockysize=64)
with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
    with rasterio.open(os.path.join(out, name), "r+") as f:
        f.build_overviews([2, 4])

# Samples of 1 to 15 bits, unpacked to the type that holds them; some with the bits of every byte in the other order.
def flip(name):
    """Flips the bits of every byte of the pixels and says so in a tag, which GDAL has no option for: FillOrder in the place of a name."""
    path = os.path.join(out, name)
    with tifffile.TiffFile(path) as f:
        page = f.pages[0]
        places, at = list(zip(page.dataoffsets, page.databytecounts)), page.tags[269].offset
    data = bytearray(open(path, "rb").read())
    data[at:at + 12] = (266).to_bytes(2, "little") + (3).to_bytes(2, "little") + (1).to_bytes(4, "little") + (2).to_bytes(4, "little")
    table = bytes(int(f"{k:08b}"[::-1], 2) for k in range(256))
    for start, size in places:
        data[start:start + size] = data[start:start + size].translate(table)
    open(path, "wb").write(data)
    with rasterio.open(path) as f:
        assert (np.moveaxis(f.read(), 0, 2) == np.fromfile(path + ".raw", f.dtypes[0]).reshape(f.height, f.width, f.count)).all()


for bits, codec, (interleave, bands), tiled in itertools.product(
    [1, 2, 3, 4, 5, 7, 9, 10, 12, 15, 16], ["NONE", "LZW", "DEFLATE", "PACKBITS"], [("PIXEL", 1), ("PIXEL", 3), ("BAND", 3)], [True, False]
):
    dtype = "uint8" if bits < 8 else "uint16"
    a = rng.integers(0, 1 << bits, (71, 67, bands)).astype(dtype)
    a[:, 40:] = a[:, 39:40]
    options = dict(tiled=True, blockxsize=32, blockysize=48) if tiled else dict(blockysize=23)
    options.update(compress=codec, interleave=interleave, photometric="MINISBLACK", **({} if bits == 16 else {"nbits": bits}))
    for flipped in [False, True] if bits in (1, 4, 12, 16) else [False]:
        n += 1
        name = f"g{n}_nbits{bits}_{codec}_{interleave}_{bands}_{'tile' if tiled else 'strip'}{'_flipped' if flipped else ''}.tif"
        gdal(name, a, tags=dict(TIFFTAG_DOCUMENTNAME="ab") if flipped else {}, **options)
        if flipped:
            flip(name)

# YCbCr of full chroma that no codec converts: what libtiff makes of it (in strips: libtiff does not read such tiles).
for codec, levels in itertools.product(["none", "adobe_deflate", "lzw"], [(0, 255, 128, 255, 128, 255), (15, 235, 128, 240, 128, 240)]):
    n += 1
    name = f"t{n}_ycbcr_{codec}.tif"
    a = rng.integers(0, 256, (71, 67, 3), "uint8")
    reference = (532, 5, 6, tuple(v for level in levels for v in (level, 1)), True)
    with tifffile.TiffWriter(os.path.join(out, name)) as f:
        options = dict(compression=None if codec == "none" else codec, rowsperstrip=23, subsampling=(1, 1))
        f.write(a, metadata=None, photometric="ycbcr", extratags=[reference], **options)
    with rasterio.open(os.path.join(out, name)) as f:
        record(name, np.moveaxis(f.read([1, 2, 3]), 0, 2), "tifffile")

# LERC of several bands by pixel, missing at different places and at the same, with infinities and zeros of both signs.
for bands, dtype, holes, infinite, codec in itertools.product([1, 3], ["float32", "float64"], ["none", "same", "apart"], [False, True], ["LERC", "LERC_ZSTD", "LERC_DEFLATE"]):
    n += 1
    a = pixels(dtype, 71, 67, bands)
    a[~np.isfinite(a)] = 0
    a[50:, :] = 0
    if infinite:
        a[20, 20:23, 0] = [np.inf, -np.inf, np.inf]
        a[32:64, :32, bands - 1] = -np.inf
    if holes == "same":
        a[5:30, 5:9] = np.nan
    for band in range(bands if holes == "apart" else 0):
        a[5:30, 5 + band:9 + band, band] = np.nan
    gdal(f"g{n}_lerc_{bands}_{dtype}_{holes}_{infinite}_{codec}.tif", a, compress=codec, interleave="PIXEL", tiled=True, blockxsize=32, blockysize=32)
    # -0.0 is one of GDAL's losses.
    with rasterio.open(os.path.join(out, manifest[-1]["file"])) as f:
        np.moveaxis(f.read(), 0, 2).astype(a.dtype.newbyteorder("<")).tofile(os.path.join(out, manifest[-1]["file"] + ".raw"))

with open(os.path.join(out, "manifest.json"), "w") as f:
    json.dump(manifest, f)

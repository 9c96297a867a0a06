#!/usr/bin/env python3
"""`swath validate`'s verdict on COGs beside those of rio-cogeo (strict) and of GDAL's validator with full check, on good files and
deliberately broken ones: `check_verdicts.py SWATH`. On whole files ours is rio-cogeo's, and GDAL's but for what GDAL only warns
of (no overviews, no tiles); damage is found whether or not they see it. It is never the laxer."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.shutil import copy as gdal_copy
from rio_cogeo.cogeo import cog_validate

warnings.simplefilter("ignore")
SWATH = os.path.abspath(sys.argv[1])
GDAL = """
import sys
from osgeo_utils.samples import validate_cloud_optimized_geotiff as v
for path in sys.argv[1:]:
    try:
        warnings, errors, _ = v.validate(path, full_check=True)
        print(path, int(not errors))
    except Exception:
        print(path, 0)
"""


def first_ifd(data):
    return struct.unpack_from("<I", data, 4)[0]


def tag_at(data, tag):
    """Where the entry of a tag of the first directory stands (classic, little-endian)."""
    ifd = first_ifd(data)
    for k in range(struct.unpack_from("<H", data, ifd)[0]):
        if struct.unpack_from("<H", data, ifd + 2 + 12 * k)[0] == tag:
            return ifd + 2 + 12 * k
    raise KeyError(tag)


def array_at(data, tag):
    at = tag_at(data, tag)
    return struct.unpack_from("<I", data, at + 8)[0]


def make():
    """Files by name, and what they are to `swath validate`: sound and COG, or sound, or not sound."""
    data = (np.random.default_rng(1).random((600, 700)) * 50).cumsum(1).astype("float32")
    base = dict(driver="GTiff", width=700, height=600, count=1, dtype="float32", crs="EPSG:32633", transform=rasterio.transform.from_origin(5e5, 5.4e6, 10, 10))
    with rasterio.open("strips.tif", "w", **base) as out:
        out.write(data, 1)
    with rasterio.open("tiled.tif", "w", tiled=True, blockxsize=128, blockysize=128, **base) as out:
        out.write(data, 1)
    with rasterio.open("late.tif", "w", tiled=True, blockxsize=128, blockysize=128, **base) as out:
        out.write(data, 1)
    with rasterio.open("late.tif", "r+") as out:
        out.build_overviews([2, 4], Resampling.average)
    with rasterio.open("small.tif", "w", **{**base, "width": 70, "height": 60}) as out:
        out.write(data[:60, :70], 1)
    for name, options in {"gdal.tif": {}, "gdal_none.tif": dict(overviews="NONE"), "gdal_big.tif": dict(bigtiff="YES"), "gdal_zstd.tif": dict(compress="ZSTD", predictor="YES")}.items():
        gdal_copy("tiled.tif", name, driver="COG", blocksize=128, **options)
    gdal_copy("gdal.tif", "edited.tif", driver="COG", blocksize=128)
    with rasterio.open("edited.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as out:
        out.write(data[::-1] + 1, 1)
    run = lambda line: subprocess.run([SWATH, *line.split()], check=True, capture_output=True)
    for name, options in {"ours.tif": "--cog", "ours_big.tif": "--cog --bigtiff yes", "ours_sparse.tif": "--cog --sparse --nodata 0", "ours_plain.tif": "", "ours_late.tif": "--overviews auto", "ours_strips.tif": "--strip-rows 8", "ours_none.tif": "--cog --compress none"}.items():
        run(f"convert strips.tif {name} --overwrite -q {options}" + ("" if "strip" in options else " --tile-size 128"))
    good = open("ours.tif", "rb").read()

    def broken(name, change):
        bytes_ = bytearray(good)
        change(bytes_)
        open(name, "wb").write(bytes_)

    def swap_tiles(b):
        at = array_at(b, 324)
        b[at : at + 8] = b[at + 4 : at + 8] + b[at : at + 4]

    def leader(b):
        at = struct.unpack_from("<I", b, array_at(b, 324))[0]
        b[at - 4] ^= 1

    def beyond(b):
        struct.pack_into("<I", b, array_at(b, 324), len(b) + 10)

    def short(b):
        del b[-1000:]

    def loop(b):
        ifd = first_ifd(b)
        struct.pack_into("<I", b, ifd + 2 + 12 * struct.unpack_from("<H", b, ifd)[0], ifd)

    def odd_tile(b):
        struct.pack_into("<H", b, tag_at(b, 322) + 8, 100)

    for name, change in dict(swapped=swap_tiles, leader=leader, beyond=beyond, short=short, loop=loop, odd_tile=odd_tile).items():
        broken(name + ".tif", change)


DAMAGED = {"swapped.tif", "leader.tif", "beyond.tif", "short.tif", "loop.tif", "odd_tile.tif"}
# A changed leader leaves every reader's pixels right.
STILL_SOUND = {"leader.tif"}

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    make()
    files = sorted(name for name in os.listdir(".") if name.endswith(".tif"))
    told = json.loads(subprocess.run([SWATH, "validate", "--json", *files], capture_output=True, text=True).stdout)
    gdals = dict(line.split() for line in subprocess.run(["/usr/bin/python3", "-c", GDAL, *files], capture_output=True, text=True).stdout.splitlines())
    wrong = []
    for found in told:
        name = found["path"]
        try:
            rio = cog_validate(name, strict=True, quiet=True)[0]
        except Exception:
            rio = False
        cog, gdal = found["cog"], gdals.get(name) == "1"
        reasons = found["problems"] + found["not_cog"]
        print(f"{name:16} ours {'COG' if cog else 'sound' if found['sound'] else 'broken':6} rio-cogeo {'COG' if rio else '-':3} GDAL {'COG' if gdal else '-':3} {'; '.join(reasons)[:120]}")
        if name in DAMAGED:
            right = not cog and found["sound"] == (name in STILL_SOUND)
        else:
            right = found["sound"] and cog == rio and (gdal or not cog)
        if not right or cog != (not reasons):
            wrong.append(name)
    print(f"{len(told)} files, {len(wrong)} wrong verdicts {wrong}")
    sys.exit(bool(wrong))

#!/usr/bin/env python3
"""GeoKeys that swath writes for a CRS against those that GDAL writes, as tifffile reads both.

    check_crs.py SWATH [--every]

Without `--every` a list of CRSs of all kinds; with it every EPSG code of rasterio's registry besides (a few minutes).
Keys that differ by design are told and counted apart.
"""

import io
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import rasterio
import rasterio.errors
import tifffile
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

os.environ["OSR_USE_NON_DEPRECATED"] = "NO"  # a code that was typed stays
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

SWATH = sys.argv[1]
CODES = "4326 4258 4267 4269 4807 4979 32633 32733 26917 3857 2056 5070 27700 2193 3035 28992 31370 2154 3031 3413 21781 25832 3395 6933 2227 2222 27572 2065 5514 29873".split()
TM = 'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",1],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0]'
WGS84 = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
TEXTS = [
    "+proj=utm +zone=33 +datum=WGS84",
    "+proj=utm +zone=12 +south +datum=WGS84",
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +units=m",
    "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=39 +lon_0=-96 +datum=NAD83 +units=us-ft",
    "+proj=lcc +lat_1=33 +lat_0=33 +lon_0=-96 +k_0=0.9999 +datum=NAD27",
    "+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 +x_0=1 +y_0=2 +datum=NAD83",
    "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80",
    "+proj=merc +lon_0=3 +k=0.9 +datum=WGS84",
    "+proj=merc +lat_ts=3 +datum=WGS84",
    "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84",
    "+proj=stere +lat_0=-90 +k=0.97276901289 +lon_0=0 +x_0=6 +datum=WGS84",
    "+proj=stere +lat_0=10 +lon_0=2 +k=0.9 +datum=NAD83",
    "+proj=eqc +lat_ts=10 +lon_0=20 +datum=WGS84",
    "+proj=cea +lat_ts=30 +datum=WGS84",
    "+proj=sinu +lon_0=0 +R=6371007.181 +units=m +no_defs",
    "+proj=robin +datum=WGS84",
    "+proj=poly +lat_0=0 +lon_0=-54 +x_0=5000000 +y_0=10000000 +ellps=GRS80",
    "+proj=cass +lat_0=10.5 +lon_0=-61.25 +x_0=86500 +y_0=65000 +ellps=intl",
    "+proj=eqdc +lat_0=1 +lon_0=2 +lat_1=3 +lat_2=4 +x_0=5 +y_0=6 +datum=NAD83",
    "+proj=gnom +lat_0=1 +lon_0=2 +datum=NAD83",
    "+proj=ortho +lat_0=1 +lon_0=2 +datum=NAD83",
    "+proj=mill +lon_0=2 +R=6370997",
    "+proj=vandg +lon_0=2 +R=6370997",
    "+proj=aeqd +lat_0=40 +lon_0=10 +datum=WGS84",
    "+proj=omerc +lat_0=4 +lonc=115 +alpha=53 +k=0.99984 +gamma=54 +ellps=WGS84",
    "+proj=omerc +no_uoff +lat_0=4 +lonc=115 +alpha=53 +k=0.99984 +gamma=54 +ellps=WGS84",
    "+proj=longlat +ellps=intl +towgs84=-87,-98,-121",
    f'PROJCS["Local TM",{WGS84},{TM},UNIT["US survey foot",0.3048006096012192]]',
    f'PROJCS["odd unit",{WGS84},{TM},UNIT["rod",5.03]]',
]


def keys_of(data):
    with tifffile.TiffFile(data) as tif:
        tags = tif.pages[0].tags
        directory = tags[34735].value
        doubles = np.atleast_1d(tags[34736].value) if 34736 in tags else ()
        ascii_ = tags[34737].value if 34737 in tags else ""
    keys = {}
    for k in range(4, len(directory), 4):
        key, place, count, value = directory[k : k + 4]
        if place == 0:
            keys[key] = value
        elif place == 34736:
            keys[key] = tuple(float(v) for v in doubles[value : value + count])
        else:
            keys[key] = ascii_[value : value + count].rstrip("|\0")
    return keys


def gdals(crs):
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs=crs, transform=from_origin(0, 2, 1, 1)) as out:
            out.write(np.zeros((1, 2, 2), np.uint8))
        return keys_of(io.BytesIO(memory.read()))


def ours(folder, text):
    out = os.path.join(folder, "out.tif")
    ran = subprocess.run([SWATH, "convert", os.path.join(folder, "in.tif"), out, "--crs", text, "--overwrite", "-q"], capture_output=True, text=True)
    if ran.returncode != 0:
        return ran.stderr.strip()
    return keys_of(out), out


def same(a, b):
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(abs(x - y) <= 1e-12 * max(1, abs(x)) for x, y in zip(a, b))
    return a == b


def main():
    wrong = refused = told = 0
    with tempfile.TemporaryDirectory() as folder:
        with rasterio.open(os.path.join(folder, "in.tif"), "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", transform=from_origin(0, 2, 1, 1)) as out:
            out.write(np.zeros((1, 2, 2), np.uint8))
        texts = [f"EPSG:{code}" for code in CODES] + TEXTS
        if "--every" in sys.argv:
            db = sqlite3.connect(os.path.join(os.path.dirname(rasterio.__file__), "proj_data", "proj.db"))
            tables = ["projected_crs", "geodetic_crs", "compound_crs"]
            codes = [int(c) for t in tables for (c,) in db.execute(f"select code from {t} where auth_name = 'EPSG'")]
            texts += [f"EPSG:{code}" for code in sorted(codes) if code < 32767]
        for text in texts:
            found = ours(folder, text)
            if isinstance(found, str):
                geocentric = "no two axes" in found
                refused += geocentric
                if not geocentric:
                    wrong += 1
                    print(f"{text}: {found}")
                continue
            mine, path = found
            try:
                theirs = gdals(text)
            except rasterio.errors.CRSError:
                refused += 1  # GDAL cannot
                continue
            different = {k for k in mine.keys() | theirs.keys() if not same(mine.get(k), theirs.get(k))}
            if not different:
                continue
            # Other words for the same CRS are all right if GDAL says that it is the same.
            with rasterio.open(path) as opened:
                equal = opened.crs == CRS.from_user_input(text)
            told += equal
            wrong += not equal
            if not equal or "-v" in sys.argv:
                print(f"{text}: {'same CRS' if equal else 'NOT THE SAME'}: " + ", ".join(f"{k}: {mine.get(k)!r} for {theirs.get(k)!r}" for k in sorted(different)))
    print(f"{len(texts)} CRSs: {len(texts) - wrong - refused - told} with GDAL's keys, {told} the same CRS in other keys, {refused} geocentric, or not of GDAL's, and left out, {wrong} wrong")
    return wrong > 0


sys.exit(main())

#!/usr/bin/env python3
"""Georeferencing and metadata come through a copy as rasterio and tifffile see them: `check_passthrough.py SWATH`."""

import os
import tempfile
import warnings

import checks
import numpy as np
import rasterio
import tifffile
from affine import Affine
from checks import expect
from rasterio.control import GroundControlPoint

warnings.simplefilter("ignore")
PLACE = [33550, 33922, 34264, 34735, 34736, 34737]
BONNE = 'PROJCS["Bonne",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Bonne"],PARAMETER["standard_parallel_1",40],PARAMETER["central_meridian",5],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'


def tags_of(path, wanted=PLACE):
    with tifffile.TiffFile(path) as tif:
        return {tag: tif.pages[0].tags[tag].value for tag in wanted if tag in tif.pages[0].tags}


def swath(line):
    checks.swath(*line.split())


def source(path, crs="EPSG:32633", transform=Affine(10, 0, 5e5, 0, -10, 5.4e6), point=False, gcps=None, bands=1, **more):
    profile = dict(driver="GTiff", width=70, height=50, count=bands, dtype="float32", crs=crs, transform=transform, **more)
    if gcps:
        del profile["transform"], profile["crs"]
        profile.update(gcps=gcps, crs=crs)
    with rasterio.open(path, "w", **profile) as out:
        if point:
            out.update_tags(AREA_OR_POINT="Point")
        out.write(np.random.default_rng(1).random((bands, 50, 70), dtype=np.float32) * 100)


def georeferencing():
    cases = {
        "north up": {},
        "south up": dict(transform=Affine(10, 0, 5e5, 0, 10, 5.4e6)),
        "rotated": dict(transform=Affine(8, 6, 5e5, 6, -8, 5.4e6)),
        "point": dict(point=True),
        "point, rotated": dict(point=True, transform=Affine(8, 6, 5e5, 6, -8, 5.4e6)),
        "vertical": dict(crs="EPSG:32633+5773"),
        "three axes": dict(crs="EPSG:4979", transform=Affine(0.1, 0, 10, 0, -0.1, 50)),
        "feet": dict(crs="EPSG:2227"),
        "no keys of its own": dict(crs=BONNE),
        "no CRS": dict(crs=None),
        "control points": dict(gcps=[GroundControlPoint(r, c, x, y, 0) for r, c, x, y in [(0, 0, 10, 50), (0, 70, 11, 50), (50, 0, 10, 49), (50, 70, 11.1, 49)]], crs="EPSG:4326"),
    }
    for name, case in cases.items():
        source("in.tif", **case)
        before = tags_of("in.tif")
        with rasterio.open("in.tif") as opened:
            meant = (opened.crs, opened.transform, opened.tags().get("AREA_OR_POINT"), len(opened.gcps[0]))
        for options in ["--tile-size 16", "--tile-size 16 --cog", "--bigtiff yes --strip-rows 7", "--dtype float64"]:
            swath(f"convert in.tif out.tif --overwrite -q {options}")
            after = tags_of("out.tif")
            expect(f"{name} {options}", after, before)
            with rasterio.open("out.tif") as opened:
                got = (opened.crs, opened.transform, opened.tags().get("AREA_OR_POINT"), len(opened.gcps[0]))
                expect(f"{name} {options}", got, meant)
        if name in ("north up", "south up", "rotated", "point", "vertical", "feet", "no keys of its own"):
            swath("focal --stat mean in.tif out.tif --overwrite -q --backend cpu")
            expect(name, tags_of("out.tif"), before)
    # What is typed replaces all of it.
    source("in.tif", transform=Affine(8, 6, 5e5, 6, -8, 5.4e6), point=True)
    swath("convert in.tif out.tif --overwrite -q --crs EPSG:4326 --bounds -10,40,-3,45")
    with rasterio.open("out.tif") as opened:
        expect("typed", (opened.crs.to_epsg(), opened.transform.almost_equals(Affine(0.1, 0, -10, 0, -0.1, 45)), opened.tags()["AREA_OR_POINT"]), (4326, True, "Point"))


def metadata():
    texts = {"TIFFTAG_ARTIST": "me & you", "TIFFTAG_COPYRIGHT": "none", "TIFFTAG_DATETIME": "2020:01:02 03:04:05", "TIFFTAG_IMAGEDESCRIPTION": "a <b>", "own": "x < y & \"z\""}
    source("in.tif", bands=3, nodata=-1)
    with rasterio.open("in.tif", "r+") as out:
        out.update_tags(**texts)
        out.update_tags(ns="MINE", key="value")
        out.descriptions = ("red", "green", "near <infra> red")
        out.scales, out.offsets, out.units = (1.0, 0.5, 2.0), (0.0, 10.0, -1.0), ("m", "ft", "")
        for band in (1, 2, 3):
            out.update_tags(band, STATISTICS_MEAN=str(band), note=f"n{band}")

    def seen(path):
        with rasterio.open(path) as opened:
            tags = {k: v for k, v in opened.tags().items() if k in texts}
            bands = [opened.tags(b) for b in opened.indexes]
            return tags, opened.tags(ns="MINE"), opened.descriptions, opened.scales, opened.offsets, opened.units, bands

    before = seen("in.tif")
    for options in ["", "--cog"]:
        swath(f"convert in.tif out.tif --overwrite -q --tile-size 16 {options}")
        expect(options, seen("out.tif"), before)
    # A change of samples ends statistics and nothing else.
    changed = (*before[:6], [{k: v for k, v in band.items() if k != "STATISTICS_MEAN"} for band in before[6]])
    for options in ["--dtype float64", "--nodata -2"]:
        swath(f"convert in.tif out.tif --overwrite -q {options}")
        expect(options, seen("out.tif"), changed)
    swath("convert in.tif out.tif --overwrite -q -b 2")
    second = tuple(v[1:2] for v in before[2:6])
    expect("one band", seen("out.tif"), (*before[:2], *second, before[6][1:2]))
    swath("convert in.tif out.tif --overwrite -q --no-metadata")
    expect("dropped", seen("out.tif"), ({}, {}, (None,) * 3, (1.0,) * 3, (0.0,) * 3, (None,) * 3, [{}] * 3))
    with tifffile.TiffFile("out.tif") as tif:
        expect("dropped", [tag for tag in (270, 305, 306, 315, 33432, 42112) if tag in tif.pages[0].tags], [])
    swath("convert in.tif out.tif --overwrite -q --no-metadata --metadata TIFFTAG_SOFTWARE=swath --metadata own=1 --metadata 3:DESCRIPTION=nir --metadata 2:SCALE=0.25 --metadata 2:UNITTYPE=K --metadata 1:note=n")
    with rasterio.open("out.tif") as opened:
        got = (opened.tags()["TIFFTAG_SOFTWARE"], opened.tags()["own"], opened.descriptions, opened.scales, opened.units, opened.tags(1))
        expect("set", got, ("swath", "1", (None, None, "nir"), (1.0, 0.25, 1.0), (None, "K", None), {"note": "n"}))
    # What is computed is another thing; what is set stands beside its statistics.
    swath("slope in.tif out.tif --overwrite -q --backend cpu --stats --metadata 1:DESCRIPTION=slope --metadata made=by")
    with rasterio.open("out.tif") as opened:
        expect("computed", ([k for k in texts if k in opened.tags()], opened.descriptions, opened.tags()["made"], "STATISTICS_MEAN" in opened.tags(1)), ([], ("slope",), "by", True))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    georeferencing()
    metadata()
checks.done()

#!/usr/bin/env python3
"""What a file says of its place, units and texts, in the forms that other people's software writes: `check_other_files.py SWATH`.

Inputs are made here with rasterio (GDAL) and tifffile; GDAL reads what swath makes of them.
"""

import json
import os
import sys
import tempfile
import warnings

import checks
import numpy as np
import rasterio
import tifffile
from affine import Affine
from checks import close, expect
from made import by_gdal, by_tifffile, geokeys
from rasterio.control import GroundControlPoint

warnings.simplefilter("ignore")
BACKENDS = ["--backend cpu", "--backend gpu --adapter llvmpipe"] if os.environ.get("SWATH_REQUIRE_GPU") == "1" else ["--backend cpu"]
ROWS, COLS = 48, 56
HEIGHTS = (np.hypot(*np.mgrid[0:ROWS, 0:COLS]) * 7 + np.random.default_rng(1).random((ROWS, COLS)) * 30).astype(np.float32)


def swath(line, status=0):
    return checks.swath(*(line if isinstance(line, list) else line.split()), status=status)


def told(line, *texts):
    """What is warned of, and is an error where the job is strict."""
    ran = swath(f"{line} --overwrite")
    for text in texts:
        if not any("warning: " in row and text in row for row in ran.stderr.splitlines()):
            sys.exit(f"{line}: no warning of '{text}' in\n{ran.stderr}")
        refused = swath(f"{line} --overwrite --strict", 1)
        expect(f"{line} --strict", "error: " in refused.stderr and text in refused.stderr, True)


def silent(line):
    ran = swath(f"{line} --overwrite --strict")
    expect(f"{line}: warnings", [row for row in ran.stderr.splitlines() if "warning" in row], [])


def raster(path, data=HEIGHTS, crs="EPSG:32633", transform=Affine(30, 0, 5e5, 0, -30, 5.4e6), gcps=None, **more):
    by_gdal(path, data if data.ndim == 3 else data[None], crs=crs, transform=transform, points=gcps, **more)
    return path


def keyed(path, directory, ascii_=b"", more=()):
    by_tifffile(path, HEIGHTS, tags=[*geokeys(directory, ascii_), *more])


def read(path, band=1):
    with rasterio.open(path) as file:
        return file.read(band)


def tag(path, number):
    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        return tags[number].value if number in tags else None


def raw(path, number):
    """The bytes of a tag of characters."""
    with tifffile.TiffFile(path) as file:
        found = file.pages[0].tags[number]
        file.filehandle.seek(found.valueoffset)
        return file.filehandle.read(found.count)


def info(path):
    return json.loads(swath(f"info {path} --json").stdout)


def metadata():
    values = {"OWNER": "AT&T", "NOTE": "Smith & Sons, 2026", "MATHS": 'a<b>c "d" \'e\'', "ENTITY": "&amp; &lt; &#233;", "UNICODE": "café €"}
    raster("in.tif")
    words = [word for key, value in values.items() for word in ("--metadata", f"{key}={value}")]
    swath(["convert", "in.tif", "out.tif", "-q", *words, "--metadata", "1:DESCRIPTION=R&D", "--stats"])
    # GDAL undoes twice, so that a text that looks like entities comes out as what they stand for.
    with rasterio.open("out.tif") as file:
        for key, value in values.items():
            expect(key, file.tags().get(key), value)
        expect("description", file.descriptions[0], "R&D")
    with rasterio.open("gdal.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8") as out:
        out.update_tags(**values)
    for path in ["out.tif", "gdal.tif"]:
        items = {item["name"]: item["value"] for item in info(path)["metadata"]}
        for key, value in values.items():
            expect(f"{path} {key}", items.get(key), value)
    swath("convert gdal.tif again.tif --metadata MORE=1 -q")
    with rasterio.open("again.tif") as file:
        expect("again", {key: file.tags().get(key) for key in values}, values)
    xml = b'<GDALMetadata><Item name="CD"><![CDATA[a<b]]></Item><!-- <Item name="GHOST">x</Item> --><Item name="E"/><Item name="STATISTICS_MEAN" sample="0">7</Item></GDALMetadata>\0'
    tifffile.imwrite("xml.tif", HEIGHTS, extratags=[(42112, 2, len(xml), xml, True)], metadata=None)
    swath("convert xml.tif out.tif --overwrite --metadata X=1 --stats -q")
    with rasterio.open("out.tif") as file:
        expect("CDATA", (file.tags().get("CD"), "GHOST" in file.tags(), file.tags().get("X")), ("a<b", False, "1"))
    expect("means", raw("out.tif", 42112).count(b"STATISTICS_MEAN"), 1)


def nodata():
    raster("i64.tif", np.arange(16, dtype=np.int64).reshape(4, 4), transform=None, crs=None)
    for value, text in [("1e16", b"10000000000000000"), ("-9e18", b"-9000000000000000000")]:
        swath(f"convert i64.tif out.tif --overwrite -q --nodata {value}")
        expect(value, raw("out.tif", 42113).rstrip(b"\0"), text)
    data = np.full((4, 4), 5.0)
    data[1, 1] = 1e18
    raster("f64.tif", data, nodata=1e18, transform=None, crs=None)
    swath("convert f64.tif out.tif --overwrite -q --dtype int64")
    with rasterio.open("out.tif") as file:
        expect("nodata of int64", (file.nodata, int(file.read_masks(1)[1, 1]), int(file.read_masks(1)[0, 0])), (10**18, 0, 255))


def units():
    # A plane of 45 degrees in metres, over cells of 10 m.
    plane = np.repeat(np.arange(COLS, dtype=np.float32)[None] * 10, ROWS, 0)
    for first, second, angles in [("m", "ft", (45.0, 16.951)), ("ft", "", (16.951, 45.0)), ("cm", "km", (0.573, 89.9427)), ("fathom", "US survey foot", (61.3299, 16.951))]:
        raster("two.tif", np.stack([plane, plane]), transform=Affine(10, 0, 5e5, 0, -10, 5.4e6))
        with rasterio.open("two.tif", "r+") as out:
            out.units = (first, second)
        for backend in BACKENDS:
            for band, angle in enumerate(angles, 1):
                swath(f"slope two.tif out.tif --overwrite -q -b {band} {backend}")
                close(f"{first} {second} band {band} {backend}", float(read("out.tif")[20, 20]), angle, 2e-3)
            swath(f"slope two.tif out.tif --overwrite -q -b all {backend}")
            for band, angle in enumerate(angles, 1):
                close(f"{first} {second} all, band {band} {backend}", float(read("out.tif", band)[20, 20]), angle, 2e-3)
            # Through operators that keep what heights are.
            swath(f"pipeline read two.tif ! select -b 2 -b 1 ! focal --stat mean --radius 1 -b 1 ! slope ! write out.tif --overwrite -q {backend}")
            close(f"{first} {second} pipeline {backend}", float(read("out.tif")[20, 20]), angles[1], 2e-3)
    raster("odd.tif")
    with rasterio.open("odd.tif", "r+") as out:
        out.units = ("furlong",)
    told("slope odd.tif out.tif --backend cpu", "the unit 'furlong' of band 1 is no length that is known")
    silent("slope odd.tif out.tif --backend cpu --scale 1")
    silent("convert odd.tif out.tif")


def keys():
    pe = b'ESRI PE String = PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]|'
    latin = b"Gr\xe4n|"
    directory = (1, 1, 0, 6, 1024, 0, 1, 32767, 1025, 0, 1, 1, 1026, 34737, 5, 0, 2048, 0, 1, 4326, 3072, 0, 1, 32767, 3073, 34737, len(pe), 5)
    text = b"Stra\xdfe, caf\xe9\0"
    keyed("latin.tif", directory, latin + pe + b"\0", more=[(270, 2, len(text), text)])
    seen = info("latin.tif")
    expect("Esri's web Mercator", (seen["epsg"], seen["model"], seen["crs"]), (3857, "projected", "WGS 84 / Pseudo-Mercator"))
    expect("Latin-1", [key["value"] for key in seen["geokeys"] if key["id"] == 1026], ["Grän"])
    swath("convert latin.tif out.tif --overwrite -q")
    for number in (270, 34737):
        expect(f"bytes of {number}", raw("out.tif", number), raw("latin.tif", number))
    expect("directory", tag("out.tif", 34735), tag("latin.tif", 34735))
    with rasterio.open("latin.tif") as a, rasterio.open("out.tif") as b:
        expect("GDAL's CRS of the copy", (b.crs, b.crs.to_epsg()), (a.crs, a.crs.to_epsg()))
    keyed("twice.tif", (1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632, 3072, 0, 1, 32633))
    expect("the last of two keys", info("twice.tif")["epsg"], 32633)
    swath("convert twice.tif out.tif --overwrite -q")
    with rasterio.open("twice.tif") as a, rasterio.open("out.tif") as b:
        expect("the last of two keys, to GDAL", (a.crs.to_epsg(), b.crs.to_epsg()), (32633, 32633))
    keyed("user.tif", (1, 1, 0, 3, 1024, 0, 1, 32767, 1025, 0, 1, 1, 3072, 0, 1, 32633))
    expect("user-defined model", (info("user.tif")["epsg"], info("user.tif")["model"]), (32633, "projected"))
    raster("none.tif", crs=None)
    for command in ["convert none.tif out.tif", "slope none.tif out.tif --backend cpu"]:
        swath(f"{command} --overwrite -q")
        with rasterio.open("out.tif") as file:
            expect(f"{command}: no CRS", (file.crs, tag("out.tif", 34735), file.transform), (None, None, Affine(30, 0, 5e5, 0, -30, 5.4e6)))


def places():
    raster("utm.tif")
    told("convert utm.tif out.tif --crs EPSG:4326", "its CRS is EPSG:32633 (WGS 84 / UTM zone 33N), and EPSG:4326 (WGS 84) is put in its place")
    silent("convert utm.tif out.tif --crs EPSG:32633+5773")
    silent("convert utm.tif out.tif --bounds 0,0,10,10")
    # Grids of several inputs.
    raster("b.tif", transform=Affine(30.000000000000004, 0, 5e5 + 1e-5, 0, -30, 5.4e6))
    silent("calc A-B --A utm.tif --B b.tif out.tif --backend cpu")
    raster("b.tif", transform=Affine(30, 0, 5e5 + 15, 0, -30, 5.4e6))
    refused = swath("calc A-B --A utm.tif --B b.tif out.tif --overwrite --backend cpu", 2)
    expect("half a pixel", "corner is 0.5 pixels away from that of utm.tif" in refused.stderr, True)
    raster("b.tif", HEIGHTS[:-1])
    refused = swath("calc A-B --A utm.tif --B b.tif out.tif --overwrite --backend cpu", 2)
    expect("a row less", "it has 56 x 47 pixels, where utm.tif has 56 x 48" in refused.stderr, True)
    raster("b.tif", crs="EPSG:32634")
    told("calc A-B --A utm.tif --B b.tif out.tif --backend cpu", "b.tif: its CRS is EPSG:32634")
    raster("b.tif", crs=None)
    silent("calc A-B --A utm.tif --B b.tif out.tif --backend cpu")
    # Sizes of cells that nothing says.
    points = [GroundControlPoint(r, c, x, y, 0) for r, c, x, y in [(0, 0, 10, 50), (0, 56, 10.01, 50), (48, 56, 10.01, 49.99), (48, 0, 10, 49.99)]]
    raster("gcps.tif", transform=None, gcps=points, crs="EPSG:4326")
    told("slope gcps.tif out.tif --backend cpu", "it is placed by control points alone")
    silent("slope gcps.tif out.tif --backend cpu --scale 1")
    silent("roughness gcps.tif out.tif --backend cpu")
    raster("degrees.tif", crs=None, transform=Affine(0.001, 0, 10, 0, -0.001, 50))
    told("hillshade degrees.tif out.tif --backend cpu", "look like degrees, but no CRS says so")
    silent("slope degrees.tif out.tif --backend cpu --crs EPSG:4326")
    silent("slope degrees.tif out.tif --backend cpu -s 111120")
    told("slope utm.tif out.tif --backend cpu -s 111120", "a scale of 111120 is one of degrees")
    silent("slope utm.tif out.tif --backend cpu")


def mercator():
    """Slope on Mercator maps is that of a metric grid on the ground."""
    for crs, y, east, up in [("EPSG:3857", 8399737.889818357, 1.9949728983, 1.9983341744), ("EPSG:3395", 8362698.548500747, 1.9949728971, 1.9949728971)]:
        cell = 20.0
        shape = (8, 400)
        x, ground = np.meshgrid(np.arange(shape[1]) * cell / east, np.arange(shape[0]) * cell / up)
        # Waves on the ground; the raster is so small that its scale is one.
        heights = (np.sin(x / 300) * 120 + np.cos(ground / 90) * 20).astype(np.float64)
        raster("web.tif", heights, crs=crs, transform=Affine(cell, 0, 1e6, 0, -cell, y + 4 * cell))
        raster("metric.tif", heights, crs="EPSG:32633", transform=Affine(cell / east, 0, 5e5, 0, -cell / up, 6e6))
        for backend in BACKENDS:
            for command in ["slope", "aspect", "hillshade", "curvature", "normals"]:
                silent(f"{command} web.tif out.tif -q {backend}")
                silent(f"{command} metric.tif truth.tif -q {backend}")
                apart = float(np.abs(read("out.tif").astype(float) - read("truth.tif").astype(float)).max())
                close(f"{command} on {crs} {backend}", apart, 0.0, {"hillshade": 1.0, "aspect": 0.02}.get(command, 2e-3))
            swath(f"slope web.tif out.tif --overwrite -q {backend}")
            swath(f"slope web.tif flat.tif --overwrite -q --scale 1 {backend}")
            inner = np.s_[3:5, 5:-5]
            close("--scale 1", float(np.tan(np.radians(read("out.tif")[inner])).max() / np.tan(np.radians(read("flat.tif")[inner])).max()), 1.995, 0.01)


def layouts():
    raster("cog.tif", np.random.default_rng(1).random((600, 700), dtype=np.float32))
    swath("convert cog.tif o.tif --cog --tile-size 128 -q")
    seen = info("o.tif")
    expect("levels", (seen["overviews"], seen["pages"], len(seen["level_bytes"])), ([[350, 300], [175, 150], [88, 75]], [], 4))
    expect("bytes of levels", all(a > b > 0 for a, b in zip(seen["level_bytes"], seen["level_bytes"][1:])), True)
    ran = swath("convert o.tif plain.tif")
    expect("overviews are not copied", ran.stderr.count("o.tif: its overviews (3) are not copied"), 1)
    expect("overviews are made", "not copied" in swath("convert o.tif plain.tif --overwrite --cog").stderr, False)
    swath("convert o.tif plain.tif --overwrite --strict -q")
    with tifffile.TiffWriter("pages.tif") as out:
        out.write(HEIGHTS[:12, :14], metadata=None)
        out.write(HEIGHTS, metadata=None)
    seen = info("pages.tif")
    expect("pages", (seen["overviews"], seen["pages"], seen["cog"]), ([], [[56, 48]], False))
    told("convert pages.tif out.tif", "it has another page, which is not read")
    expect("pages as text", "pages      56 x 48" in swath("info pages.tif").stdout, True)
    expect("validate", "page 56 x 48" in swath("validate pages.tif").stdout, True)
    with tifffile.TiffWriter("sub.tif") as out:
        out.write(HEIGHTS, subifds=1, metadata=None)
        out.write(HEIGHTS[::2, ::2], subfiletype=1, metadata=None)
    expect("sub-IFDs", (info("sub.tif")["sub_images"], "sub-IFDs   28 x 24" in swath("info sub.tif").stdout), ([[28, 24]], True))
    both = json.loads(swath("info pages.tif sub.tif --json").stdout)
    expect("several files", [one["path"] for one in both], ["pages.tif", "sub.tif"])
    expect("several files as text", swath("info pages.tif sub.tif").stdout.count("raster     "), 2)
    tifffile.imwrite("turned.tif", HEIGHTS, extratags=[(274, 3, 1, 6, True)], metadata=None)
    told("convert turned.tif out.tif", "its Orientation is 6")
    # The first directory is its own next.
    tifffile.imwrite("loop.tif", HEIGHTS, metadata=None)
    with open("loop.tif", "r+b") as file:
        file.seek(4)
        first = int.from_bytes(file.read(4), "little")
        file.seek(first)
        count = int.from_bytes(file.read(2), "little")
        file.seek(first + 2 + 12 * count)
        file.write(first.to_bytes(4, "little"))
    told("convert loop.tif out.tif", "its directories form a loop")
    expect("a loop is shown", "loop" in swath("info loop.tif").stdout, True)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for part in [metadata, nodata, units, keys, places, mercator, layouts]:
        if len(sys.argv) < 3 or sys.argv[2] == part.__name__:
            part()
checks.done()

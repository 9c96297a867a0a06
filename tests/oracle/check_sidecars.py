#!/usr/bin/env python3
"""Files beside a file, as rasterio sees a raster with them: `check_sidecars.py SWATH`.

What `swath convert` writes stands alone: rasterio must see in it what it sees in the input and its sidecars."""

import json
import os
import tempfile
import warnings

import checks
import numpy as np
import rasterio
from checks import expect, swath
from made import beside, by_gdal
from rasterio.transform import from_origin

warnings.simplefilter("ignore")


def convert(*options, status=0):
    ran = swath("convert", "in.tif", "out.tif", "--overwrite", "--report", "report.json", "--backend", "cpu", *options, status=status)
    with open("report.json") as file:
        return json.load(file), ran.stderr


def fresh():
    for name in os.listdir("."):
        os.remove(name)


def source(bands=1, dtype="float32", internal_mask=None, **more):
    by_gdal("in.tif", (np.arange(120 * bands) % 97).reshape(bands, 10, 12).astype(dtype), mask=internal_mask, **more)


def seen(path, statistics=True):
    with rasterio.open(path) as file:
        tags = {k: v for k, v in file.tags().items() if k != "AREA_OR_POINT"}
        of_bands = [file.tags(band) for band in file.indexes]
        return dict(
            samples=file.read().tobytes(),
            masks=[(file.read_masks(band) == 0).tolist() for band in file.indexes],
            nodata=file.nodata,
            crs=file.crs.to_epsg() if file.crs else None,
            transform=tuple(file.transform),
            gcps=[(p.row, p.col, p.x, p.y) for p in file.gcps[0]],
            gcps_crs=file.gcps[1].to_epsg() if file.gcps[1] else None,
            tags=tags,
            of_bands=of_bands,
            units=file.units,
            scales=file.scales,
            offsets=file.offsets,
            descriptions=file.descriptions,
        )


def same(what, but=()):
    """The copy says what rasterio sees of the input with its sidecars, but for some things."""
    theirs, ours = seen("in.tif"), seen("out.tif")
    for key in theirs:
        if key not in but:
            expect(f"{what}: {key}", ours[key], theirs[key])


def aux(inside):
    beside("in.tif", inside)


FULL = """<SRS>EPSG:32634</SRS><GeoTransform>1000, 5, 0, 2000, 0, -5</GeoTransform>
<Metadata><MDI key="A">R&amp;D &lt;x&gt;</MDI></Metadata>
<PAMRasterBand band="1"><NoDataValue>7</NoDataValue><Description>height</Description><UnitType>ft</UnitType><Offset>3</Offset><Scale>2</Scale>
<Metadata><MDI key="STATISTICS_MEAN">42</MDI><MDI key="B">b</MDI></Metadata></PAMRasterBand>"""


def aux_xml():
    fresh()
    source()
    aux(FULL)
    told, said = convert()
    same("aux.xml")
    expect("named in the report", told["inputs"][0]["sidecars"], ["in.tif.aux.xml"])
    expect("no warnings", told["warnings"], [])
    info = json.loads(swath("info", "--json", "in.tif").stdout)
    expect("named by info", info["sidecars"], [dict(path="in.tif.aux.xml", holds="metadata", taken=True)])
    expect("info", (info["nodata"], info["epsg"]), (7, 32634))
    told, _ = convert("--no-sidecars")
    with rasterio.open("out.tif") as file:
        expect("ignored", (file.nodata, file.crs, file.tags(1)), (None, None, {}))
    expect("ignored in the report", "sidecars" in told["inputs"][0], False)
    expect("ignored by info", json.loads(swath("info", "--json", "--no-sidecars", "in.tif").stdout)["sidecars"], [])
    swath("pipeline", "read", "in.tif", "--no-sidecars", "!", "write", "out.tif", "--overwrite", "--backend", "cpu")
    with rasterio.open("out.tif") as file:
        expect("ignored in read", file.nodata, None)
    # What contradicts the file is taken, as GDAL does, and told.
    fresh()
    source(crs="EPSG:32633", transform=from_origin(0, 0, 1, 1), nodata=5)
    aux(FULL)
    told, _ = convert()
    same("contradictions")
    expect("contradictions told", len(told["warnings"]), 3)
    convert("--strict", status=1)
    # Control points.
    fresh()
    source()
    aux('<GCPList Projection="EPSG:4326"><GCP Id="1" Pixel="0" Line="0" X="10" Y="50"/><GCP Id="2" Pixel="12" Line="0" X="11" Y="50"/><GCP Id="3" Pixel="0" Line="10" X="10" Y="49"/></GCPList>')
    convert()
    same("control points")
    # What cannot be honoured.
    for inside, word in (
        ('<PAMRasterBand band="1"><ColorTable><Entry c1="0" c2="0" c3="0" c4="255"/></ColorTable></PAMRasterBand>', "colour table"),
        ("<SRS>nonsense</SRS>", "CRS"),
    ):
        aux(inside)
        told, said = convert()
        expect(f"{word} told", word in said, True)
        convert("--strict", status=1)
    with open("in.tif.aux.xml", "w") as file:
        file.write("<PAMDataset")
    told, said = convert()
    expect("broken", "in.tif.aux.xml is not read" in said, True)


def world_files():
    numbers = "{0}\n0\n0\n-{0}\n100.5\n200.5\n"
    names = ("in.tfw", "in.tifw", "in.wld")
    for first in range(len(names)):
        fresh()
        source()
        for k, name in enumerate(names[first:]):
            with open(name, "w") as file:
                file.write(numbers.format(2 + first + k))
        told, _ = convert()
        same(names[first])
        expect(f"{names[first]} in the report", told["inputs"][0]["sidecars"], [names[first]])
    fresh()
    source(transform=from_origin(0, 0, 1, 1), crs="EPSG:32633")
    with open("in.tfw", "w") as file:
        file.write(numbers.format(2))
    told, said = convert()
    same("the file's own transform")
    expect("told", "in.tfw places it at" in said, True)
    with open("in.tfw", "w") as file:
        file.write("1\n0\n0\n-1\n0.5\n-0.5\n")
    told, _ = convert()
    expect("agrees", told["warnings"], [])
    aux("<GeoTransform>1000, 5, 0, 2000, 0, -5</GeoTransform>")
    convert()
    same("aux.xml before all")
    # The heights' slope is that of the raster with the transform inside.
    fresh()
    source()
    with open("in.tfw", "w") as file:
        file.write("10\n0\n0\n-10\n5\n-5\n")
    swath("slope", "in.tif", "a.tif", "--backend", "cpu")
    os.remove("in.tfw")
    source(transform=from_origin(0, 0, 10, 10))
    swath("slope", "in.tif", "b.tif", "--backend", "cpu")
    with rasterio.open("a.tif") as a, rasterio.open("b.tif") as b:
        expect("slope", a.read().tobytes(), b.read().tobytes())


def masks():
    left, top = np.full((10, 12), 255, "u1"), np.full((10, 12), 255, "u1")
    left[:, :5] = 0
    top[:3] = 0

    def mask_file(mask, flags=2, shape=(10, 12), bands=1, of=1):
        with rasterio.open("in.tif.msk", "w", driver="GTiff", width=shape[1], height=shape[0], count=bands, dtype="uint8", compress="deflate") as out:
            out.write(np.stack([mask[: shape[0], : shape[1]]] * bands))
            if flags is not None:
                out.update_tags(**{f"INTERNAL_MASK_FLAGS_{band + 1}": flags for band in range(of)})

    for bands in (1, 3):
        for options in ([], ["--cog"], ["--tile-size", "16", "--threads", "1", "--host-memory", "3M"]):
            fresh()
            source(bands, nodata=7)
            mask_file(left, of=bands)
            told, _ = convert(*options)
            same(f".msk {bands} {options}")
            expect("named", told["inputs"][0]["sidecars"], ["in.tif.msk"])
            expect("decoded once", told["inputs"][0]["max_decodes_per_chunk"], 1)
            expect("counted with the mask's chunk", told["inputs"][0]["chunks"], 2 if bands == 1 else told["inputs"][0]["chunks"])
            with rasterio.open("out.tif") as file:
                expect("inside", file.files, ["out.tif"])
    told, _ = convert("--no-sidecars")
    expect("ignored", told["outputs"][0]["missing"], int((np.arange(360) % 97 == 7).sum()))
    fresh()
    source(internal_mask=left)
    mask_file(top)
    told, said = convert()
    same("the mask inside comes first")
    expect("told", "in.tif.msk is not taken: the file has a mask inside" in said, True)
    for what, how in (("without flags", dict(flags=None)), ("of another size", dict(shape=(5, 12)))):
        fresh()
        source()
        mask_file(left, **how)
        told, said = convert()
        expect(f"a mask {what}", (told["outputs"][0]["missing"], "in.tif.msk is not taken" in said), (0, True))
    fresh()
    source(2)
    mask_file(left, flags=0, bands=2, of=2)
    expect("a mask for each band", "a mask for each band" in convert()[1], True)
    fresh()
    source()
    with open("in.tif.msk", "w") as file:
        file.write("hello")
    expect("no TIFF", "in.tif.msk is not taken" in convert()[1], True)
    # Overviews are listed.
    fresh()
    source()
    with rasterio.open("in.tif.ovr", "w", driver="GTiff", width=6, height=5, count=1, dtype="float32"):
        pass
    info = json.loads(swath("info", "--json", "in.tif").stdout)
    expect("overviews", info["sidecars"], [dict(path="in.tif.ovr", holds="overviews", taken=False)])


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for check in (aux_xml, world_files, masks):
        check()
checks.done()

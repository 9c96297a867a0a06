#!/usr/bin/env python3
"""What is missing in other people's files, as GDAL sees it: `check_missing.py SWATH`.

Files are made by rasterio and tifffile; masks of the inputs and of the copies are read by rasterio."""

import json
import os
import tempfile
import warnings

import checks
import numpy as np
import rasterio
from made import by_tifffile as write

warnings.simplefilter("ignore")


def expect(what, got, wanted):
    checks.expect(what, got, wanted, nan_is_nan=True)


def swath(*words, status=0):
    return checks.swath(*words, "--backend", "cpu", status=status).stderr


def report(*words):
    said = swath(*words, "--overwrite", "--report", "report.json")
    with open("report.json") as file:
        return json.load(file), said


def missing(path, band=1):
    with rasterio.open(path) as file:
        return file.read_masks(band) == 0


def samples(path):
    with rasterio.open(path) as file:
        return file.read()


def value_forms():
    """Every form of a nodata value: the mask that rasterio has of the input is that of the copy, and missing are so many."""
    low = np.float32(-3.4028235e38)
    rows = {
        "float32, fewer digits": (np.array([[low, 1, 2, 3]], "f4"), "-3.40282e+38"),
        "float32, the lowest under -3.4e38": (np.array([[low, 1, 2, 3]], "f4"), "-3.39999999999999996e+38"),
        "float64 made from float32": (np.array([[np.float64(low), 1, 2, 3]], "f8"), "-3.40282346638529e+38"),
        "float64 tag of a float32": (np.array([[0.1, 1, 2, 3]], "f4"), "0.1"),
        "a few ulps beside": (np.array([[-9999, -9999.004, -9998.995, 5]], "f4"), "-9999"),
        "float64 in float32's tolerance": (np.array([[-9999, -9999.0047, -9999.01, 5]], "f8"), "-9999"),
        "infinity": (np.array([[np.inf, -np.inf, 7, 5]], "f4"), "inf"),
        "NaN of older Windows": (np.array([[np.nan, 1, 7, 5]], "f4"), "1.#QNAN"),
        "a number and another": (np.array([[-9999, 0, 7, 5]], "i2"), "-9999 0"),
        "a number and a comma": (np.array([[-9999, 0, 7, 5]], "i2"), "-9999,"),
        "a fraction for integers": (np.array([[-9999, 0, 7, 5]], "i2"), "-9999.4"),
        "out of range": (np.array([[0, 1, 7, 255]], "u1"), "-9999"),
        "NaN for integers": (np.array([[0, 1, 7, 255]], "u1"), "nan"),
        "unsigned of 64 bits": (np.array([[2**64 - 1, 2**64 - 2, 7, 0]], "u8"), "18446744073709551615"),
    }
    for name, (row, tag) in rows.items():
        write("in.tif", row, tag)
        told, _ = report("convert", "in.tif", "out.tif")
        expect(f"{name}: missing", told["outputs"][0]["missing"], int(missing("in.tif").sum()))
        expect(f"{name}: mask", missing("out.tif"), missing("in.tif"))
        expect(f"{name}: samples", samples("out.tif"), samples("in.tif"))
        # An operator sees the same; to local ones infinities are missing too.
        if name == "infinity":
            continue
        told, _ = report("cast", "in.tif", "out.tif", "--to", "float32")
        expect(f"{name}: missing to operators", told["outputs"][0]["missing"], int(missing("in.tif").sum()))


def masks():
    """A mask decides before a nodata value; samples are unchanged; the mask is kept."""
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        grey = np.arange(96, dtype="u1").reshape(8, 12)
        mask = np.full((8, 12), 255, "u1")
        mask[2:4] = 0
        with rasterio.open("in.tif", "w", driver="GTiff", width=12, height=8, count=1, dtype="uint8", nodata=7) as out:
            out.write(grey, 1)
            out.write_mask(mask)
    for options in ([], ["--cog"], ["--compress", "zstd"], ["--dtype", "int16"]):
        told, _ = report("convert", "in.tif", "out.tif", *options)
        expect(f"mask {options}", missing("out.tif"), mask == 0)
        expect(f"samples {options}", samples("out.tif")[0], grey.astype(samples("out.tif").dtype))
        expect(f"count {options}", told["outputs"][0]["missing"], 24)
        with rasterio.open("out.tif") as file:
            expect(f"nodata {options}", file.nodata, 7.0)
    # A value that is named counts beside the mask, and the mask of the copy says both.
    report("convert", "in.tif", "out.tif", "--input-nodata", 5)
    expect("mask and value", missing("out.tif"), (mask == 0) | (grey == 5))
    expect("mask and value: samples", samples("out.tif")[0], grey)
    report("convert", "in.tif", "out.tif", "--input-nodata", "none")
    expect("mask alone", missing("out.tif"), mask == 0)
    # Instead of a mask, a value: masked pixels become it, and that valid ones of it are lost is told.
    told, said = report("convert", "in.tif", "out.tif", "--nodata", 9)
    expect("value for a mask", missing("out.tif"), (mask == 0) | (grey == 9))
    expect("told", "the mask becomes nodata 9" in said, True)
    # Two outputs of one source do not touch each other.
    swath("pipeline", "read", "in.tif", "!", "tee", "[", "write", "a.tif", "--nodata", 1, "]", "[", "write", "b.tif", "--nodata", 2, "]", "--overwrite")
    for path, value in (("a.tif", 1), ("b.tif", 2)):
        expect(path, samples(path)[0], np.where(mask == 0, value, grey).astype("u1"))


def choices():
    write("plain.tif", np.array([[-32768, 5, 7, 5]], "i2"))
    # What the caller says is missing.
    told, _ = report("convert", "plain.tif", "out.tif", "--input-nodata", -32768)
    expect("named", (told["outputs"][0]["missing"], missing("out.tif").tolist()), (1, [[True, False, False, False]]))
    told, _ = report("pipeline", "read", "plain.tif", "--input-nodata", 5, "!", "cast", "--to", "float32", "!", "write", "out.tif")
    expect("named in read", told["outputs"][0]["missing"], 2)
    told, _ = report("calc", "A + B", "--A", "plain.tif", "out.tif", "--B", "plain.tif", "--input-nodata", 7)
    expect("named for every input", told["outputs"][0]["missing"], 1)
    # Declared for valid samples: counted, told, an error where the job is strict.
    told, said = report("convert", "plain.tif", "out.tif", "--nodata", 5)
    expect("collisions", (told["outputs"][0]["missing"], told["outputs"][0]["sentinel_collisions"]), (0, 2))
    expect("collisions told", "2 valid samples equal the nodata value 5" in said, True)
    swath("convert", "plain.tif", "strict.tif", "--nodata", 5, "--strict", status=1)
    expect("strict", os.path.exists("strict.tif"), False)
    # None: NaN in floats; integers only where nothing can be missing, or with a mask.
    write("nd.tif", np.array([[-9999, 5, 7, 5]], "f4"), "-9999")
    report("convert", "nd.tif", "out.tif", "--nodata", "none")
    with rasterio.open("out.tif") as file:
        expect("no nodata", (file.nodata, np.isnan(file.read(1)).tolist()), (None, [[True, False, False, False]]))
    report("slope", "nd.tif", "out.tif", "--nodata", "none")
    with rasterio.open("out.tif") as file:
        expect("no nodata of an operator", (file.nodata, bool(np.isnan(file.read(1)[0, 0]))), (None, True))
    write("ndi.tif", np.array([[-9999, 5, 7, 5]], "i2"), "-9999")
    swath("convert", "ndi.tif", "no.tif", "--nodata", "none", status=2)
    swath("slope", "nd.tif", "no.tif", "--dtype", "int16", "--nodata", "none", status=2)
    report("convert", "ndi.tif", "out.tif", "--nodata", "none", "--mask")
    with rasterio.open("out.tif") as file:
        expect("mask, no nodata", (file.nodata, (file.read_masks(1) == 0).tolist()), (None, [[True, False, False, False]]))
    report("convert", "plain.tif", "out.tif", "--nodata", "none")
    # Rounded, and told.
    for value in ("0.1", "-1e38", "16777217"):
        told, said = report("slope", "nd.tif", "out.tif", "--nodata", value)
        with rasterio.open("out.tif") as file:
            expect(f"rounded {value}", file.nodata, float(np.float32(value)))
        expect(f"rounded {value}, told", "float32 rounds" in said and len(told["warnings"]) > 0, True)
    # A default that the type cannot hold.
    for dtype, value in (("uint8", 255), ("uint16", 65535), ("int8", -128), ("uint32", 2**32 - 1)):
        told, said = report("slope", "nd.tif", "out.tif", "--dtype", dtype)
        with rasterio.open("out.tif") as file:
            expect(f"default of {dtype}", file.nodata, float(value))
        expect(f"default of {dtype}, told", f"nodata is {value}: {dtype} cannot hold -9999" in said, True)
        swath("slope", "nd.tif", "no.tif", "--dtype", dtype, "--nodata", -9999, status=2)
    # NaN that an integer cannot say.
    write("nan.tif", np.array([[np.nan, 5, 7, 5]], "f4"))
    told, said = report("convert", "nan.tif", "out.tif", "--dtype", "uint8")
    expect("NaN in an integer", "1 missing samples became 0" in said, True)
    swath("convert", "nan.tif", "strict.tif", "--dtype", "uint8", "--strict", status=1)


def computed_beside_nodata():
    """Computed float samples within GDAL's tolerance of nodata stay valid to it."""
    write("in.tif", np.array([[-9999.001, -9999, -9998.999, 3]], "f4"))
    told, said = report("calc", "A * 1", "--A", "in.tif", "out.tif")
    expect("valid to GDAL", int(missing("out.tif").sum()), 0)
    expect("counted", told["outputs"][0]["sentinel_collisions"], 3)
    expect("near", bool(np.all(np.abs(samples("out.tif")[0] - samples("in.tif")[0]) < 0.011)), True)
    swath("calc", "A * 1", "--A", "in.tif", "strict.tif", "--strict", status=1)
    # Saturation of 64-bit integers is beside their nodata value.
    write("far.tif", np.array([[-1e30, 1e30, 0, 3]], "f4"))
    for dtype in ("int64", "uint64"):
        told, _ = report("cast", "far.tif", "out.tif", "--to", dtype)
        expect(f"cast to {dtype}", (told["outputs"][0]["missing"], told["outputs"][0]["sentinel_collisions"]), (0, 0))


def undeclared():
    """Values that look like a nodata value that nobody declared are told, at every budget, and an error where the job is strict."""
    ground = (np.arange(4096).reshape(64, 64) % 61).astype("f8") + 400
    first = ground.copy()
    first[0] = -2147483648
    low = ground.astype("f4")
    low[5, 7] = np.finfo("f4").min
    for samples, word in ((first, "band 1 is -2147483648 in more than 1 % of its border"), (low, "beyond 1e30, such as -3.4028234663852886e38"), (first.astype("i4"), "-2147483648")):
        write("in.tif", samples)
        for options in ([], ["--threads", "1"], ["--precision", "f32"]):
            told, said = report("slope", "in.tif", "out.tif", *options)
            expect(f"{word} {options}", [word in warning for warning in told["warnings"]].count(True), 1)
        swath("slope", "in.tif", "strict.tif", "--strict", status=1)
        expect("strict", os.path.exists("strict.tif"), False)
        told, _ = report("slope", "in.tif", "out.tif", "--input-nodata", samples.min())
        expect("named", told["warnings"], [])
    for samples in (ground, ground.astype("i2"), np.zeros((64, 64), "f4"), (ground % 2 * 255).astype("u1")):
        write("in.tif", samples)
        told, _ = report("slope", "in.tif", "out.tif", "--precision", "f32")
        expect("not suspected", told["warnings"], [])


def statistics():
    row = np.array([[1, 2, 3, np.inf], [4, -np.inf, 5, 6]], "f4")
    for order in (row, row[:, ::-1], row[::-1]):
        write("in.tif", np.ascontiguousarray(order))
        told, said = report("convert", "in.tif", "out.tif", "--stats")
        band = told["outputs"][0]["statistics"][0]
        expect("finite", (band["valid"], band["infinite"], band["min"], band["max"], band["mean"]), (6, 2, 1, 6, 3.5))
        expect("deviation", round(band["stddev"], 12), round(float(np.std([1, 2, 3, 4, 5, 6])), 12))
        expect("told", "2 infinite samples are left out" in said, True)
        with rasterio.open("out.tif") as file:
            expect("in the file", float(file.tags(1)["STATISTICS_MEAN"]), 3.5)
    write("in.tif", np.array([[1e200, -1e200]], "f8"))
    told, _ = report("convert", "in.tif", "out.tif")
    expect("1e200", told["outputs"][0]["statistics"][0]["stddev"], 1e200)
    # Kept where no sample changes: NaN as nodata, a mask that is kept.
    profile = dict(driver="GTiff", width=4, height=2, count=1, dtype="float32")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        for name, more in (("nan", dict(nodata=float("nan"))), ("mask", {}), ("value", dict(nodata=-1))):
            with rasterio.open("in.tif", "w", **profile, **more) as out:
                out.write(np.arange(8, dtype="f4").reshape(1, 2, 4))
                out.update_tags(1, STATISTICS_MEAN="3.5")
                if name == "mask":
                    out.write_mask(np.array([[0, 255, 255, 255]] * 2, "u1"))
            report("convert", "in.tif", "out.tif")
            with rasterio.open("out.tif") as file:
                expect(f"kept, {name}", file.tags(1).get("STATISTICS_MEAN"), "3.5")
            report("convert", "in.tif", "out.tif", "--input-nodata", 2)
            with rasterio.open("out.tif") as file:
                expect(f"other samples are missing, {name}", file.tags(1).get("STATISTICS_MEAN"), None)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for check in (value_forms, masks, choices, computed_beside_nodata, undeclared, statistics):
        check()
checks.done()

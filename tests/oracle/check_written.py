#!/usr/bin/env python3
"""Compares written GeoTIFFs with what was meant: check_written.py MANIFEST.json

The manifest is a list of {file, raw, rows, cols, bands, dtype, tiled, bigtiff, nodata, planar, tolerance,
transform, epsg, point}; `raw` holds
the expected samples, little-endian and pixel-interleaved. rasterio and tifffile must both decode those: exactly, unless a tolerance is
given, or (lossy codecs) within it.
Exit 1 where anything differs.
"""
import json
import logging
import sys
import warnings

import numpy as np
import rasterio
import tifffile

warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)


class Collect(logging.Handler):
    """What GDAL and tifffile complain of."""

    lines = []

    def emit(self, record):
        if record.levelno >= logging.WARNING:
            self.lines.append(record.getMessage())


for name in ("rasterio", "tifffile"):
    logging.getLogger(name).addHandler(Collect())


# tifffile takes positive numbers for unsigned ones, and the ends of a float type for those of the next wider, and then
# doubts what GDAL writes as well. The text that stands in the file is held to the type's own bits below.
DOUBTED = "parsing GDAL_NODATA tag raised ValueError"


def near(got, expected, tolerance):
    if tolerance == 0:
        return np.ascontiguousarray(got).tobytes() == expected.tobytes()
    return np.abs(got.astype(np.float64) - expected.astype(np.float64)).max() <= tolerance


failures = []
cases = json.load(open(sys.argv[1]))
for case in cases:

    def check(good, what):
        if not good:
            failures.append(f"{case['file']}: {what}")

    expected = np.fromfile(case["raw"], np.dtype(case["dtype"]).newbyteorder("<"))
    expected = expected.reshape(case["rows"], case["cols"], case["bands"])
    Collect.lines = []
    with tifffile.TiffFile(case["file"]) as tif:
        page = tif.pages[0]
        check(tif.is_bigtiff == case["bigtiff"], f"BigTIFF is {tif.is_bigtiff}")
        check(page.is_tiled == case["tiled"], f"tiled is {page.is_tiled}")
        text = page.tags["GDAL_NODATA"].value if "GDAL_NODATA" in page.tags else None
        number = np.dtype(case["dtype"]).type
        said = None if text is None else number(int(text) if np.issubdtype(number, np.integer) else text)
        meant = None if case["nodata"] is None else number(int(case["nodata"]) if np.issubdtype(number, np.integer) else case["nodata"])
        check((said is None) == (meant is None) and (said is None or said.tobytes() == meant.tobytes()), f"nodata text is {text}")
        codes = [tag.code for tag in page.tags]
        check(codes == sorted(codes), "tags not ascending")
        check((page.planarconfig == 2) == case["planar"], f"planar configuration {page.planarconfig}")
        got = page.asarray()
        if case["planar"]:
            got = np.moveaxis(got.reshape(case["bands"], case["rows"], case["cols"]), 0, 2)
        check(near(got.reshape(expected.shape), expected, case["tolerance"]), "tifffile decodes other pixels")
    with rasterio.open(case["file"]) as ds:
        got = np.moveaxis(ds.read(), 0, 2)
        if case["dtype"] == "float16":  # GDAL reads it as float32
            same = np.array_equal(got, expected.astype(got.dtype), equal_nan=True)
        else:
            same = ds.dtypes[0] == case["dtype"] and near(got, expected, case["tolerance"])
        check(same, f"rasterio decodes other pixels ({ds.dtypes[0]})")
        nodata = None if case["nodata"] is None else float(case["nodata"])
        check(nodata == ds.nodata or (np.isnan(nodata) and np.isnan(ds.nodata)), f"nodata is {ds.nodata}")
        if case["transform"] is not None:
            check(np.allclose(tuple(ds.transform)[:6], case["transform"], rtol=0, atol=1e-9), f"transform is {tuple(ds.transform)[:6]}")
        if case["epsg"] is not None:
            check(ds.crs is not None and ds.crs.to_epsg() == case["epsg"], f"CRS is {ds.crs}")
        if case["point"] is not None:
            seen = ds.tags().get("AREA_OR_POINT", "Area")  # not said where there are no keys
            check(seen == ("Point" if case["point"] else "Area"), seen)
    for line in Collect.lines:
        check(DOUBTED in line, f"complaint: {line}")

print("\n".join(failures[:40]))
print(f"{len(cases)} files, {len(failures)} failures")
sys.exit(1 if failures else 0)

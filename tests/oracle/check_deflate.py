#!/usr/bin/env python3
"""Streams of swath's own deflate encoder, read by everything that is installed: check_deflate.py MANIFEST.json [ZLIB.so ...]

The manifest is a list of {file, raw, rows, cols, bands, dtype, cog}; `raw` holds the expected samples, little-endian and
pixel-interleaved. Readers are rasterio (its own GDAL and libdeflate), tifffile (imagecodecs), `gdal_translate` of the system's GDAL,
`tiffcp` of its libtiff, and Python's zlib for each segment: it must end where the segment does, at its checksum, with as many bytes as
the tile has. Further builds of zlib, such as an old one, are named behind the manifest. COGs pass both validators.
Exit 1 where anything differs.
"""
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zlib

import imagecodecs
import numpy as np
import rasterio
import tifffile
from rio_cogeo.cogeo import cog_validate

warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
GDAL_COG_VALIDATOR = "/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_cloud_optimized_geotiff.py"


class OtherZlib:
    """`uncompress` of a shared library."""

    def __init__(self, path):
        self.library = ctypes.CDLL(os.path.abspath(path))
        self.library.zlibVersion.restype = ctypes.c_char_p
        self.version = self.library.zlibVersion().decode()

    def decompress(self, data, size):
        out, length = ctypes.create_string_buffer(size), ctypes.c_ulong(size)
        status = self.library.uncompress(out, ctypes.byref(length), data, ctypes.c_ulong(len(data)))
        return out.raw[: length.value] if status == 0 else f"status {status}"


others = [OtherZlib(path) for path in sys.argv[2:]]
failures, segments = [], 0
cases = json.load(open(sys.argv[1]))
for case in cases:

    def check(good, what):
        if not good:
            failures.append(f"{case['file']}: {what}")

    def run(*command):
        ran = subprocess.run(command, capture_output=True, text=True)
        # libtiff warns of the tags of GeoTIFF, which it does not know.
        said = [line for line in ran.stderr.splitlines() if "nknown field" not in line]
        check(ran.returncode == 0 and not said, f"{command[0]}: {said}")

    expected = np.fromfile(case["raw"], np.dtype(case["dtype"]).newbyteorder("<"))
    expected = expected.reshape(case["rows"], case["cols"], case["bands"])

    def by_tifffile(path):
        page = tifffile.TiffFile(path).pages[0]
        got = page.asarray()
        if page.planarconfig == 2:
            got = np.moveaxis(got, 0, 2)
        return got.reshape(expected.shape)

    check(by_tifffile(case["file"]).tobytes() == expected.tobytes(), "tifffile decodes other pixels")
    with rasterio.open(case["file"]) as ds:
        check(np.ascontiguousarray(np.moveaxis(ds.read(), 0, 2)).tobytes() == expected.tobytes(), "rasterio decodes other pixels")
    with tempfile.TemporaryDirectory() as folder:
        envi, plain = os.path.join(folder, "out.bin"), os.path.join(folder, "out.tif")
        run("gdal_translate", "-q", "-of", "ENVI", "-co", "INTERLEAVE=BIP", case["file"], envi)
        check(open(envi, "rb").read() == expected.tobytes(), "gdal_translate decodes other pixels")
        # tiffcp of libtiff 4.5 loses bands of separate tiles of wider samples, those of files that GDAL wrote too.
        if tifffile.TiffFile(case["file"]).pages[0].planarconfig == 1 or expected.itemsize == 1:
            run("tiffcp", "-c", "none", f"{case['file']},0", plain)
            check(by_tifffile(plain).tobytes() == expected.tobytes(), "tiffcp decodes other pixels")
    with tifffile.TiffFile(case["file"]) as tif, open(case["file"], "rb") as file:
        for page in [page for first in tif.pages for page in [first, *(first.pages or [])]]:
            for index, (offset, size) in enumerate(zip(page.dataoffsets, page.databytecounts)):
                file.seek(offset)
                data = file.read(size)
                inflater = zlib.decompressobj()
                inflated = inflater.decompress(data)
                check(inflater.eof and not inflater.unused_data, f"segment {index}: zlib does not end at its end")
                check(inflated == imagecodecs.deflate_decode(data), f"segment {index}: zlib and libdeflate differ")
                for other in others:
                    check(other.decompress(data, len(inflated)) == inflated, f"segment {index}: zlib {other.version} differs")
                segments += 1
    if case["cog"]:
        valid, errors, warned = cog_validate(case["file"], strict=True, quiet=True)
        check(valid, f"rio-cogeo: {errors} {warned}")
        said = subprocess.run(["/usr/bin/python3", GDAL_COG_VALIDATOR, "--full-check=yes", case["file"]], capture_output=True, text=True)
        check(said.returncode == 0 and "is a valid cloud optimized GeoTIFF" in said.stdout, f"GDAL's validator: {said.stdout[-400:]}{said.stderr[-400:]}")

print("\n".join(failures[:40]))
versions = ", ".join([f"zlib {zlib.ZLIB_RUNTIME_VERSION} of Python", *(f"zlib {other.version}" for other in others)])
print(f"{len(cases)} files, {segments} segments by {versions}, {len(failures)} failures")
sys.exit(1 if failures else 0)

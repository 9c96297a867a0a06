#!/usr/bin/env python3
"""Outputs around 4 GiB: `check_4gib.py SWATH FOLDER [--codecs NAME,...] [--sources hole,noise]`; needs 11 GiB of disk
and, by codec, minutes.

An incompressible raster of 4.2 GiB becomes a sound BigTIFF with every codec, plain and (uncompressed) as a COG; a compressible
one of the same size stays classic. Windows that rasterio reads are compared with what was written.
"""

import argparse
import os
import struct
import subprocess
import sys
import time

import numpy as np
import rasterio
from rasterio.windows import Window

EVERY = ["none", "zstd", "deflate", "lzw", "packbits", "lerc", "lerc-zstd", "lerc-deflate"]
SOURCES = ["hole", "noise"]


def names(known):
    """A list of names parted by commas, each of them known."""

    def parse(text):
        wanted = text.split(",")
        if unknown := set(wanted) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: known are {', '.join(known)}")
        return wanted

    return parse


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("swath", type=os.path.abspath, help="the program")
parser.add_argument("folder", help="where the files go; they are removed again")
parser.add_argument("--codecs", type=names(EVERY), default=EVERY)
parser.add_argument("--sources", type=names(SOURCES), default=SOURCES, help="what compresses, what does not")
ASKED = parser.parse_args()
SWATH, FOLDER, CODECS = ASKED.swath, ASKED.folder, ASKED.codecs
SIDE, ROWS = 67_200, 64
os.chdir(FOLDER)


def bigtiff(path, noise):
    """A BigTIFF of SIDE x SIDE bytes in strips of ROWS rows: noise, or a hole."""
    strips = SIDE // ROWS
    short, long, long8 = 3, 4, 16
    data = 4096 + 16 * strips
    tags = [(256, long, 1, SIDE), (257, long, 1, SIDE), (258, short, 1, 8), (259, short, 1, 1), (262, short, 1, 1)]
    tags += [(273, long8, strips, 4096), (277, short, 1, 1), (278, long, 1, ROWS), (279, long8, strips, 4096 + 8 * strips)]
    with open(path, "wb") as out:
        out.write(struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(tags)))
        for tag, kind, count, value in tags:
            out.write(struct.pack("<HHQQ", tag, kind, count, value))
        out.write(struct.pack("<Q", 0))
        out.seek(4096)
        out.write(np.arange(strips, dtype="<u8") * (SIDE * ROWS) + data)
        out.write(np.full(strips, SIDE * ROWS, "<u8"))
        out.seek(data)
        if noise:
            random = np.random.default_rng(1)
            for _ in range(strips):
                out.write(random.bytes(SIDE * ROWS))
        else:
            out.truncate(data + SIDE * SIDE)


def check(source, options, big):
    started = time.time()
    ran = subprocess.run([SWATH, "convert", source, "out.tif", "--overwrite", "-q", "--threads", "2", "--host-memory", "256M", *options.split()], capture_output=True, text=True)
    took = time.time() - started
    if ran.returncode != 0:
        sys.exit(f"{options}: {ran.stderr}")
    size = os.path.getsize("out.tif")
    with open("out.tif", "rb") as out:
        version = struct.unpack("<2sH", out.read(4))[1]
    if (version == 43) != big or (size > 1 << 32) != big:
        sys.exit(f"{options}: {size} bytes, version {version}")
    with rasterio.open("out.tif") as got, rasterio.open(source) as want:
        # The last, which lie beyond 4 GiB, and some between.
        corners = [(0, 0), (SIDE - 300, SIDE - 300), (SIDE - 300, 0)] + [(row, (row * 7) % (SIDE - 300)) for row in range(999, SIDE - 300, 9_973)]
        for row, col in corners:
            window = Window(col, row, 300, 300)
            if not np.array_equal(got.read(1, window=window), want.read(1, window=window)):
                sys.exit(f"{options}: samples at row {row}, column {col} differ")
    valid = subprocess.run([SWATH, "validate", *(["--cog"] if "--cog" in options else []), "out.tif"], capture_output=True, text=True)
    if valid.returncode != 0:
        sys.exit(f"{options}: {valid.stdout}{valid.stderr}")
    print(f"{source} {options}: {size} bytes, {'BigTIFF' if big else 'classic'}, {took:.0f} s", flush=True)
    os.remove("out.tif")


if "hole" in ASKED.sources:
    bigtiff("hole.tif", False)
    for codec in CODECS:
        if codec != "none":
            check("hole.tif", f"--compress {codec}" + (" --level 1" if codec in ("zstd", "deflate") else ""), False)
    os.remove("hole.tif")
if "noise" in ASKED.sources:
    bigtiff("noise.tif", True)
    for codec in CODECS:
        # Noise costs every codec its worst; the level changes nothing of the size.
        check("noise.tif", f"--compress {codec}" + (" --level 1" if codec in ("zstd", "deflate") else ""), True)
    if "none" in CODECS:
        check("noise.tif", "--compress none --cog --overviews 1 --resampling nearest", True)
    os.remove("noise.tif")

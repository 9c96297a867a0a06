#!/usr/bin/env python3
"""Colours, sample bits, codecs' odd samples and carried tags of other people's files: `check_colour.py SWATH`.

What GDAL (by rasterio) says of a file, it says of swath's copy of it; where GDAL cannot say, numbers are given here.
"""

import os
import tempfile
import warnings

import checks
import numpy as np
import rasterio
import tifffile
from checks import expect, swath
from made import by_gdal as gdal
from rasterio.enums import ColorInterp

warnings.simplefilter("ignore")
RPC = tuple(float(k) / 7 for k in range(92))
EXIF = 34665
rng = np.random.default_rng(3)


def convert(source, *more, status=0):
    return swath("convert", source, "out.tif", "--overwrite", "--backend", "cpu", *more, status=status).stderr


def seen(path):
    """What GDAL says of a file; a palette as far as samples reach."""
    with rasterio.open(path) as f:
        samples = f.read()
        try:
            palette = {k: v for k, v in f.colormap(1).items() if k <= samples.max()}
        except ValueError:
            palette = None
        return samples, f.colorinterp, palette, f.tags(), f.rpcs, f.nodata


def kept(source, *more, but=()):
    convert(source, *more)
    for what, got, wanted in zip(["samples", "colours", "palette", "tags", "RPC", "nodata"], seen("out.tif"), seen(source)):
        if what not in but:
            expect(f"{source} {more}: {what}", got, wanted)


def colours():
    for bits in [1, 2, 4, 8]:
        for photometric in ["MINISBLACK", "MINISWHITE"]:
            a = rng.integers(0, 1 << bits, (1, 40, 50), "uint8")
            gdal("bits.tif", a, nbits=bits, photometric=photometric)
            # GDAL itself says "undefined" of what it writes as MinIsWhite, and then reads one bit of it as a palette.
            but = ["colours"] if photometric == "MINISWHITE" else []
            kept("bits.tif", but=but)
            kept("bits.tif", "--cog", but=but)
    palette = {k: (5 * k, 200 - k, 7 * k % 256, 255) for k in range(16)}
    gdal("palette.tif", rng.integers(0, 16, (1, 40, 50), "uint8"), palette, nbits=4)
    kept("palette.tif")
    gdal("palette8.tif", rng.integers(0, 16, (1, 40, 50), "uint8"), palette)
    kept("palette8.tif", "--cog")
    convert("palette8.tif", "--dtype", "uint16")
    expect("a palette of wider samples", seen("out.tif")[2], seen("palette8.tif")[2])
    for words in [["--compress", "jpeg"], ["--compress", "lerc", "--max-z-error", "2"], ["--overviews", "1", "--overview-compress", "jpeg"]]:
        said = convert("palette8.tif", *words, status=2)
        expect(f"{words}: {said}", "of a palette" in said, True)
    # MinIsWhite and MinIsBlack with a palette: GDAL takes it.
    table = rng.integers(0, 65536, (3, 256), "uint16")
    for photometric in ["miniswhite", "minisblack"]:
        a = rng.integers(0, 256, (40, 50), "uint8")
        tifffile.imwrite("greys.tif", a, photometric=photometric, metadata=None, extratags=[(320, 3, 768, tuple(int(v) for v in table.flat), True)])
        kept("greys.tif")
        kept("greys.tif", "--cog")
    for photometric in ["cielab", "icclab"]:
        tifffile.imwrite("lab.tif", rng.integers(0, 256, (40, 50, 3), "uint8"), photometric=photometric, metadata=None)
        convert("lab.tif")
        with tifffile.TiffFile("out.tif") as f:
            expect(photometric, f.pages[0].photometric.name.lower(), photometric)
    # Chroma of half the size is no row of samples.
    tifffile.imwrite("half.tif", rng.integers(0, 256, (40, 50, 3), "uint8"), photometric="ycbcr", subsampling=(1, 1), metadata=None)
    with tifffile.TiffFile("half.tif", mode="r+b") as f:
        f.pages[0].tags[530].overwrite((2, 2))
    expect("subsampled chroma", "chroma subsampled by 2 x 2" in convert("half.tif", status=1), True)


def alpha():
    """Overviews of colours are means weighted by alpha, but where colours are multiplied by it already."""
    a = np.zeros((4, 64, 64), "uint8")
    a[:, :, ::2] = np.array([250, 200, 150, 255])[:, None, None]
    for unassociated in [True, False]:
        gdal("rgba.tif", a, photometric="RGB", alpha="NON-PREMULTIPLIED" if unassociated else "PREMULTIPLIED")
        for method in ["average", "bilinear", "cubic", "rms"]:
            convert("rgba.tif", "--overviews", "2", "--resampling", method)
            with rasterio.open("out.tif", overview_level=0) as f:
                middle = f.read()[:3, 8:-8, 8:-8].reshape(3, -1)
                expect(f"{method}, {unassociated}", (middle == np.array([[250], [200], [150]])).all(), unassociated)
                expect("the band", f.colorinterp[3], ColorInterp.alpha)


def lerc():
    """Infinities and zeros of both signs, as GDAL reads them in all three codecs."""
    base = (rng.random((1, 64, 64)) * 100).astype("float32")
    odd = base.copy()
    odd[0, 3, 3:6] = [np.inf, -np.inf, -0.0]
    odd[0, 40:, :32] = np.inf
    zeros = np.where(rng.random((1, 64, 64)) < 0.5, np.float32(0), np.float32(-0.0))
    holes = odd.copy()
    holes[0, 10:50, 20:60] = np.nan
    for a in [odd, zeros, holes, np.full_like(base, np.inf), np.full_like(base, -0.0)]:
        for dtype in ["float32", "float64"]:
            # GDAL's writer leaves out blocks of zeros of either sign.
            tifffile.imwrite("odd.tif", a[0].astype(dtype), metadata=None)
            for codec in ["lerc", "lerc-zstd", "lerc-deflate"]:
                convert("odd.tif", "--compress", codec, "--tile-size", "32")
                got = seen("out.tif")[0]
                expect(f"{codec} by GDAL", got.view("u4" if dtype == "float32" else "u8"), a.astype(dtype).view("u4" if dtype == "float32" else "u8"))
                swath("convert", "out.tif", "back.tif", "--overwrite", "--backend", "cpu")
                expect(f"{codec} by swath", seen("back.tif")[0].tobytes(), got.tobytes())


def jpeg():
    """To the bit what libjpeg-turbo makes of it (which tifffile has; rasterio's wheels have the IJG's libjpeg 9)."""
    y, x, b = np.mgrid[0:131, 0:157, 0:3]
    smooth = (127 + 60 * np.sin(x / 9 + b) + 50 * np.cos(y / 7 + b)).astype("uint8")
    noise = rng.integers(0, 256, smooth.shape, "uint8")
    for a in [smooth, noise]:
        for subsampling in [(1, 1), (2, 1), (2, 2)]:
            for layout in [dict(tile=(32, 48)), dict(tile=(144, 160)), dict(rowsperstrip=32)]:
                for level in [40, 75, 98]:
                    options = dict(compression="jpeg", compressionargs=dict(level=level), metadata=None, **layout)
                    tifffile.imwrite("jpeg.tif", a, photometric="rgb", subsampling=subsampling, **options)
                    convert("jpeg.tif")
                    expect(f"{subsampling} {layout} {level}", np.moveaxis(seen("out.tif")[0], 0, 2), tifffile.imread("jpeg.tif"))
        tifffile.imwrite("jpeg.tif", a[:, :, 0], compression="jpeg", metadata=None, tile=(64, 64))
        convert("jpeg.tif")
        expect("grey", seen("out.tif")[0][0], tifffile.imread("jpeg.tif"))
    # Four bands by pixel, as GDAL writes them: within what two transforms round differently.
    gdal("four.tif", rng.integers(0, 256, (4, 64, 80), "uint8"), photometric="RGB", alpha="YES", compress="JPEG", tiled=True, blockxsize=32, blockysize=32)
    kept("four.tif", but=["samples"])
    expect("four bands", int(np.abs(seen("out.tif")[0].astype(int) - seen("four.tif")[0]).max()) <= 2, True)


def carried():
    icc, xmp = bytes(rng.integers(0, 256, 560, "uint8")), b"<x:xmpmeta>caf\xc3\xa9</x:xmpmeta>"
    extratags = [
        (34675, 7, len(icc), icc, True), (700, 1, len(xmp), xmp, True), (50844, 12, 92, RPC, True), (33723, 7, 13, b"an IPTC block", True),
        (280, 3, 1, 3, True), (281, 3, 1, 777, True), (271, 2, 5, "ACME", True), (50909, 2, 5, "<a/>", True),
    ]
    for byteorder, bigtiff in [("<", False), (">", False), ("<", True)]:
        a = rng.integers(3, 778, (600, 700), "uint16")
        tifffile.imwrite("tags.tif", a, byteorder=byteorder, bigtiff=bigtiff, metadata=None, resolution=(300, 299.5), resolutionunit=2, extratags=extratags)
        exif("tags.tif", byteorder, bigtiff)
        for words in [[], ["--cog"], ["--bigtiff", "yes"], ["--cog", "--bigtiff", "yes", "--compress", "zstd"]]:
            convert("tags.tif", *words)
            with tifffile.TiffFile("tags.tif") as source, tifffile.TiffFile("out.tif") as copy:
                for tag in [271, 280, 281, 282, 283, 296, 700, 33723, 34675, 50844, 50909, EXIF]:
                    got, wanted = copy.pages[0].tags[tag], source.pages[0].tags[tag]
                    expect(f"{words} tag {tag}", (got.value, got.count), (wanted.value, wanted.count))
                    if tag != EXIF:
                        expect(f"{words} type of tag {tag}", got.dtype, wanted.dtype)
            kept("tags.tif", *words)
            swath("validate", *(["--cog"] if "--cog" in words else []), "out.tif")
        # What is not so any more is not said.
        for words, gone in [(["--dtype", "float32"], [280, 281, 34675]), (["--no-metadata"], [700, EXIF, 50909]), (["--nodata", "5"], [280, 281])]:
            convert("tags.tif", *words)
            with tifffile.TiffFile("out.tif") as copy:
                expect(f"{words}", [tag for tag in gone if tag in copy.pages[0].tags], [])
                expect(f"{words}", 50844 in copy.pages[0].tags and 282 in copy.pages[0].tags, True)
    # A damaged tag is told of, and refused where the job is strict.
    with tifffile.TiffFile("tags.tif", mode="r+b") as f:
        at = f.pages[0].tags[34675].offset
    data = bytearray(open("tags.tif", "rb").read())
    data[at + 12:at + 20] = (1 << 40).to_bytes(8, "little")
    open("damaged.tif", "wb").write(data)
    expect("a damaged profile", "ICC profile (tag 34675) is damaged" in convert("damaged.tif"), True)
    convert("damaged.tif", "--strict", status=1)


def exif(path, byteorder, bigtiff):
    """Adds an EXIF directory at the end of the file, in the place of the tag of the host computer."""
    tifffile.TiffFile(path).close()
    data = bytearray(open(path, "rb").read())
    order = "little" if byteorder == "<" else "big"
    word = 8 if bigtiff else 4
    while len(data) % 8:
        data.append(0)
    at = len(data)
    entries = [(33434, 5, 1, None), (34855, 3, 1, 200), (36864, 7, 4, b"0230"), (37386, 5, 1, None)]
    head = (8 if bigtiff else 2) + (20 if bigtiff else 12) * len(entries) + word
    behind = at + head + (-head) % 8
    out, rest = len(entries).to_bytes(8 if bigtiff else 2, order), b""
    for tag, kind, count, value in entries:
        inline = value if isinstance(value, bytes) else b"" if value is None else value.to_bytes(2, order)
        if value is None:
            fraction = (1).to_bytes(4, order) + (tag % 251).to_bytes(4, order)
            inline = fraction if bigtiff else (behind + len(rest)).to_bytes(word, order)
            rest += b"" if bigtiff else fraction
        out += tag.to_bytes(2, order) + kind.to_bytes(2, order) + count.to_bytes(word, order) + inline.ljust(word, b"\0")
    out += bytes(word)
    data += out + bytes(behind - at - len(out)) + rest
    # A copy of the first directory with one entry more, at the end of the file.
    start = int.from_bytes(data[8:16] if bigtiff else data[4:8], order)
    width, size = (8, 20) if bigtiff else (2, 12)
    count = int.from_bytes(data[start:start + width], order)
    old = data[start + width:start + width + count * size]
    entry = EXIF.to_bytes(2, order) + (4).to_bytes(2, order) + (1).to_bytes(word, order) + at.to_bytes(4, order).ljust(word, b"\0")
    all_entries = sorted([bytes(old[k * size:(k + 1) * size]) for k in range(count)] + [entry], key=lambda e: int.from_bytes(e[:2], order))
    while len(data) % 8:
        data.append(0)
    new = len(data)
    data += (count + 1).to_bytes(width, order) + b"".join(all_entries) + bytes(word)
    data[8 if bigtiff else 4:16 if bigtiff else 8] = new.to_bytes(word, order)
    open(path, "wb").write(data)


def cogs():
    """What is written as a COG, validators take for one, or the job says why not."""
    gdal("big.tif", (rng.random((1, 389, 517)) * 9).astype("float32"))
    convert("big.tif", "--cog", "--tile-size", "1024")
    swath("validate", "--cog", "out.tif")
    expect("overviews of one tile", rasterio.open("out.tif").overviews(1), [2])
    expect("a warning", "without overviews" in convert("big.tif", "--cog", "--overviews", "none"), True)
    gdal("small.tif", np.ones((1, 512, 512), "float32"))
    expect("no warning", "without overviews" in convert("small.tif", "--cog", "--overviews", "none"), False)
    gdal("rgb.tif", rng.integers(0, 255, (3, 50, 60), "uint8"), photometric="RGB")
    said = convert("rgb.tif", "--compress", "jpeg", "--strip-rows", "13", status=2)
    expect(said, "a multiple of 16, or all rows" in said, True)
    convert("rgb.tif", "--compress", "jpeg", "--strip-rows", "50")
    convert("rgb.tif", "--compress", "jpeg", "--strip-rows", "32")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for check in [colours, alpha, lerc, jpeg, carried, cogs]:
        check()
checks.done()

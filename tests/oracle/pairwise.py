#!/usr/bin/env python3
"""All pairs of options, operators and sources: jobs grown value by value towards pairs that no job has shown yet.

    pairwise.py SWATH [--rounds 1] [--seed 1] [--jobs 2] [--limit N] [--adapter NAME] [--patience 3] [--keep FOLDER] [--list]

A job is one value of every factor: operation, source, size, and every option of a job. A pair of values counts when a job that
has both exits 0 and passes the checks. A refusal (exit 2) drops an option that its message names, and is tried again. With
--host-memory 1 a job names its minimum; it must run at that, at a byte more, at twice.

Checked after exit 0, against a plain job (the same operation over the same source, one thread, 1 GiB, no codec, tiles of 512):
measured <= predicted <= budget for host, device and spool; every chunk decoded once, and once more for every survey (once more
where samples are counted from an origin); every row computed once; samples, mask, nodata, CRS and transform bit for bit; every
overview bit for bit, its count and size; statistics and histograms against numpy; BigTIFF and interleave as asked for; pictures
parse; `swath validate` agrees; nothing is left beside what was asked for. A lossy codec is held to its bound.

KNOWN names faults that are known and not mended: they are counted by name, and do not fail the run. Prints every new fault with
its command line, then a summary. Exit status 1 if there is a new fault. Needs numpy, tifffile and rasterio; --list prints the
factors. Deterministic by --seed, but for --jobs above 1.
"""
import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import random
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
import xml.dom.minidom
import xml.parsers.expat

import numpy as np
import rasterio
import rasterio.errors
import tifffile
from rasterio.transform import from_origin

warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
warnings.filterwarnings("ignore", category=RuntimeWarning, module="numpy")
warnings.filterwarnings("ignore", category=rasterio.errors.NodataShadowWarning)

PATIENCE_S = 120
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
WIDE = ("float64", "int32", "uint32", "int64", "uint64")

# --- sources ----------------------------------------------------------------------------------------------------------------


def terrain(rows, cols):
    """Relief at several scales, in hundredths."""
    y, x = np.mgrid[0:rows, 0:cols]
    return np.round(800 + 60 * np.sin(x / 7) * np.cos(y / 5) + 25 * np.sin(x * y / 90) + 3 * np.cos(x * 2.3 + y * 1.7), 2)


def holes(rows, cols):
    y, x = np.mgrid[0:rows, 0:cols]
    return ((x * 7 + y * 13) % 29 == 0) | ((y // 9 == 2) & (x // 11 == 3))


def write(path, bands, mask=None, crs="EPSG:32633", scaling=None, **profile):
    """Writes bands (count, rows, cols) by rasterio."""
    count, rows, cols = bands.shape
    profile = dict(driver="GTiff", count=count, height=rows, width=cols, dtype=bands.dtype, **profile)
    if crs:
        degrees = crs == "EPSG:4326"
        profile.update(crs=crs, transform=from_origin(14, 48, 1e-3, 1e-3) if degrees else from_origin(5e5, 5.4e6, 10, 10))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as file:
        file.write(bands)
        if mask is not None:
            file.write_mask(mask)
        if scaling:
            file.scales, file.offsets = [scaling[0]] * count, [scaling[1]] * count


def make_source(kind, path, rows, cols):
    z, gone = terrain(rows, cols), holes(rows, cols)
    one = lambda a: np.ascontiguousarray(a)[None]
    tiled = dict(tiled=True, blockxsize=64, blockysize=64)
    byte = np.clip((z - 700) / 1.0, 0, 254).astype(np.uint8)
    match kind:
        case "f32-tiles":
            write(path, one(np.where(gone, -9999, z).astype("f4")), nodata=-9999, compress="deflate", predictor=3, **tiled)
        case "f32-strips":
            write(path, one(np.where(gone, np.nan, z).astype("f4")), nodata=np.nan, blockysize=7)
        case "f32-undeclared":
            write(path, one(np.where(gone, np.nan, z).astype("f4")), compress="zstd", **tiled)
        case "f32-one-strip":
            write(path, one(z.astype("f4")), blockysize=rows, compress="lzw")
        case "f32-geographic":
            write(path, one(np.where(gone, -9999, z).astype("f4")), nodata=-9999, crs="EPSG:4326", **tiled)
        case "f32-nowhere":
            write(path, one(z.astype("f4")), crs=None, compress="packbits")
        case "f32-lerc":
            write(path, one(np.where(gone, np.nan, z).astype("f4")), nodata=np.nan, compress="lerc", **tiled)
        case "f32-empty":
            write(path, one(np.full((rows, cols), -9999, "f4")), nodata=-9999, sparse_ok=True, **tiled)
        case "f32-infinite":
            a = z.astype("f4")
            a[gone & (np.arange(cols) % 2 == 0)], a[gone & (np.arange(cols) % 2 == 1)] = np.inf, -np.inf
            write(path, one(a), **tiled)
        case "f64":
            write(path, one(np.where(gone, -9999, z)), nodata=-9999, compress="deflate", **tiled)
        case "f64-lifted":
            write(path, one(z + 1e6), blockysize=16)
        case "f16":
            a = np.where(gone, np.nan, z - 800).astype("f2")
            tifffile.imwrite(path, a, tile=(64, 64), compression="zlib")
        case "u8":
            write(path, one(np.where(gone, 255, byte).astype("u1")), nodata=255, **tiled)
        case "u8-mask":
            write(path, one(byte), mask=np.where(gone, 0, 255).astype("u1"), compress="deflate", **tiled)
        case "i8":
            write(path, one((byte.astype("i2") - 127).astype("i1")), **tiled)
        case "u16":
            write(path, one(z.astype("u2")), compress="lzw", predictor=2, **tiled)
        case "i16":
            write(path, one(np.where(gone, -32768, z).astype("i2")), nodata=-32768, compress="deflate", predictor=2, blockysize=16)
        case "i16-scaled":
            write(path, one(np.where(gone, -1, z).astype("i2")), nodata=-1, scaling=(0.5, 100.0), **tiled)
        case "u32":
            write(path, one((z * 100).astype("u4")), **tiled)
        case "i32-lifted":
            write(path, one((z * 100).astype("i4") + (1 << 26)), compress="deflate", **tiled)
        case "u64":
            write(path, one((z * 1e6).astype("u8")), **tiled)
        case "i64":
            write(path, one(np.where(gone, -(1 << 40), z * 1e6).astype("i8")), nodata=-(1 << 40), **tiled)
        case "rgb-jpeg":
            write(path, np.stack([byte, byte[::-1], byte[:, ::-1]]), photometric="YCBCR", compress="jpeg", interleave="pixel", **tiled)
        case "rgba":
            bands = np.stack([byte, byte[::-1], byte[:, ::-1], np.where(gone, 0, 255).astype("u1")])
            write(path, bands, photometric="RGB", alpha="YES", compress="deflate", interleave="pixel", **tiled)
        case "f32-planar":
            bands = np.stack([z, z[::-1] + 1, z[:, ::-1] * 2]).astype("f4")
            bands[:, gone] = -9999
            write(path, bands, nodata=-9999, interleave="band", compress="deflate", **tiled)
        case "big-endian":
            tifffile.imwrite(path, np.where(gone, -9999, z).astype(">f4"), byteorder=">", rowsperstrip=13)
        case _:
            raise ValueError(kind)


SOURCES = """f32-tiles f32-strips f32-undeclared f32-one-strip f32-geographic f32-nowhere f32-lerc f32-empty f32-infinite f64 f64-lifted
f16 u8 u8-mask i8 u16 i16 i16-scaled u32 i32-lifted u64 i64 rgb-jpeg rgba f32-planar big-endian""".split()

# --- factors ----------------------------------------------------------------------------------------------------------------

# Command lines: IN, OTHER and OUT are files; OPTIONS go at the end. How many surveys one after another there are at most.
OPERATIONS = {
    "convert": ("convert IN OUT", 0),
    "slope": ("slope IN OUT", 0),
    "slope-percent": ("slope IN OUT --unit percent --gradient-alg ZevenbergenThorne", 0),
    "slope-no-edges": ("slope IN OUT --no-edges --zfactor 2.5", 0),
    "aspect": ("aspect IN OUT", 0),
    "hillshade": ("hillshade IN OUT", 0),
    "hillshade-multi": ("hillshade IN OUT --variant multidirectional", 0),
    "curvature": ("curvature IN OUT", 0),
    "northness": ("northness IN OUT", 0),
    "eastness": ("eastness IN OUT", 0),
    "normals": ("normals IN OUT", 0),
    "tri": ("tri IN OUT", 0),
    "tpi": ("tpi IN OUT", 0),
    "tpi-wide": ("tpi IN OUT --radius 5 --shape circle", 0),
    "roughness": ("roughness IN OUT", 0),
    "mean": ("focal IN OUT --radius 3", 0),
    "std": ("focal IN OUT --stat std --radius 2 --border reflect", 0),
    "median": ("focal IN OUT --stat median --radius 2", 0),
    "majority": ("focal IN OUT --stat majority --radius 1", 0),
    "annulus": ("focal IN OUT --stat max --shape annulus --radius 4 --inner 2 --missing propagate", 0),
    "gaussian": ("convolve IN OUT --sigma 1.5", 0),
    "sobel": ("convolve IN OUT --kernel sobel --border nearest", 0),
    "open": ("morphology IN OUT --operation open --radius 2", 0),
    "erode": ("morphology IN OUT --shape circle --radius 3", 0),
    "bilateral": ("bilateral IN OUT --range-sigma 20", 0),
    "calc": ("calc (A-500)/(A+500) OUT --A IN", 0),
    "calc-two": ("calc A-B OUT --A IN --B OTHER", 0),
    "index": ("index ndvi OUT --red IN --nir OTHER", 0),
    "rescale": ("rescale IN OUT --from 700,900 --to 0,1", 0),
    "clamp": ("clamp IN OUT --min 780 --max 820", 0),
    "clamp-drop": ("clamp IN OUT --min 780 --drop", 0),
    "cast": ("cast IN OUT --to int16", 0),
    "cast-scaled": ("cast IN OUT --to uint16 --scale 0.1", 0),
    "reclassify": ("reclassify IN OUT --mapping '[0,780)=1; [780,820)=2; DEFAULT=3'", 0),
    "color-map": ("color-map IN OUT --range 700,900", 0),
    "color-map-survey": ("color-map IN OUT --add-alpha", 1),
    "standardise": ("standardise IN OUT", 1),
    "standardise-given": ("standardise IN OUT --mean 800 --stddev 50", 0),
    "equal-interval": ("equal-interval IN OUT", 1),
    "equal-interval-given": ("equal-interval IN OUT --min 700 --max 900", 0),
    "quantile": ("quantile IN OUT --classes 7", 1),
    "chain": ("pipeline read IN ! focal --radius 2 ! slope ! write OUT", 0),
    "chain-long": ("pipeline read IN ! slope ! focal --stat max ! slope ! rescale --from 0,90 ! write OUT", 0),
    "chain-survey": ("pipeline read IN ! slope ! quantile ! write OUT", 1),
    "survey-chain": ("pipeline read IN ! standardise ! focal --radius 2 ! write OUT", 1),
    "two-surveys": ("pipeline read IN ! standardise ! focal ! quantile ! write OUT", 2),
    "tee": ("pipeline read IN ! tee [ slope ! write OUT ] [ focal ! write SECOND ]", 0),
    "tee-survey": ("pipeline read IN ! tee [ equal-interval ! write OUT ] [ slope ! write SECOND ]", 1),
    "tee-two-surveys": ("pipeline read IN ! tee [ slope ! standardise ! write OUT ] [ quantile ! write SECOND ]", 1),
    "stack": ("pipeline read IN ! stack [ slope ] [ focal ] ! write OUT", 0),
    "stack-survey": ("pipeline read IN ! stack [ standardise ] [ slope ] ! write OUT", 1),
    "select": ("pipeline read IN ! select -b 1 -b 1 ! write OUT", 0),
    "calc-chain": ("pipeline read IN ! calc A*B --B [ read OTHER ! slope ] ! write OUT", 0),
    "index-chain": ("pipeline read IN ! index ndvi --red OTHER ! write OUT", 0),
}

NONE = ("-", [])


def values(flag, *given):
    return [NONE] + [(str(value), [flag, str(value)]) for value in given]


def switch(flag):
    return [NONE, ("yes", [flag])]


# Factor: its values, the plain one first; a value is its name and its words. Words of factors in capitals are seen to below.
FACTORS = {
    "OPERATION": [(name, None) for name in OPERATIONS],
    "SOURCE": [(name, None) for name in SOURCES],
    "SIZE": [("110x150", None), ("389x517", None)],
    "HOST": [("1G", None), ("minimum", None), ("minimum and a byte", None), ("twice the minimum", None)],
    "TO": [("file", None), ("stdout", None)],
    "threads": [("2", ["--threads", "2"]), ("1", ["--threads", "1"]), ("5", ["--threads", "5"])],
    "precision": values("--precision", "auto", "f32", "f64"),
    "band": values("-b", "1", "all"),
    "format": [NONE, ("cog", ["--cog"])],
    "layout": [NONE]
    + values("--tile-size", 16, 64, "32x128", 256, 1024)[1:]
    + values("--strip-rows", 1, 16, 61, 1000)[1:],
    "compress": [NONE]
    + [
        (" ".join(words[1:]), words)
        for words in [
            ["--compress", codec, *more]
            for codec, *more in [
                ["none"], ["deflate", "--level", "0"], ["deflate", "--level", "1"], ["deflate", "--level", "12"], ["zstd"],
                ["zstd", "--level", "1"], ["zstd", "--level", "19"], ["lzw"], ["packbits"], ["lerc"],
                ["lerc", "--max-z-error", "0.5"], ["lerc-deflate"], ["lerc-zstd"], ["jpeg"], ["jpeg", "--quality", "95"], ["webp"],
            ]
        ]
    ],
    "predictor": values("--predictor", "auto", "none", 2, 3),
    "overviews": values("--overviews", "none", "auto", 1, 2, 4),
    "resampling": values("--resampling", "nearest", "average", "bilinear", "cubic", "mode", "min", "max", "rms"),
    "overview-compress": values("--overview-compress", "none", "deflate", "zstd", "lzw", "packbits", "lerc", "lerc-zstd", "jpeg", "webp"),
    "overview-predictor": values("--overview-predictor", "auto", "none", 2, 3),
    "interleave": values("--interleave", "pixel", "band"),
    "bigtiff": values("--bigtiff", "auto", "yes", "no"),
    "mask": switch("--mask"),
    "sparse": switch("--sparse"),
    "stats": switch("--stats"),
    "histogram": values("--histogram", "-0.5,255.5,256", "700,900,7"),
    "dtype": values("--dtype", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"),
    "nodata": values("--nodata", "nan", "-9999", "0", "255", "-32768", "1e30"),
    "timeline": [NONE, ("yes", ["--timeline", "TIMELINE"])],
    "picture": [NONE, ("yes", ["--picture", "PICTURE"])],
    "preview": [NONE, ("yes", ["--preview", "PREVIEW"])],
    "metadata": [NONE, ("some", ["--metadata", "TITLE=pairs", "--metadata", "1:DESCRIPTION=first"]), ("none", ["--no-metadata"])],
    "declare": [NONE, ("scale", ["--declare-scale", "2"]), ("both", ["--declare-scale", "0.5", "--declare-offset", "-3"])],
    "crs": values("--crs", "EPSG:32633+5773", "EPSG:4326", "EPSG:2056"),
    "bounds": values("--bounds", "7,46,8,47", "500000,5399000,501000,5400000"),
    "unscale": switch("--unscale"),
    "strict": switch("--strict"),
    "progress": values("--progress", "always", "never"),
    "talk": [NONE, ("quiet", ["-q"]), ("verbose", ["-v"])],
    "DEVICE": [NONE],
    "backend": [("cpu", ["--backend", "cpu"])],
}
# What the samples of the plain job depend on; of overviews their count and method as well.
SAMPLES = ("OPERATION", "SOURCE", "SIZE", "precision", "band", "mask", "dtype", "nodata", "crs", "bounds", "unscale", "backend")

# --- faults that are known --------------------------------------------------------------------------------------------------


KNOWN = {
    "statistics with infinite samples": lambda row, what: what.startswith("statistics, infinite"),
    "--cog --overviews none is no sound COG, which the job warns of": lambda row, what: row["overviews"][0] == "none" and "no sound COG" in what,
    "GPU and CPU part where sums overflow": lambda row, what: row["backend"][0] != "cpu" and row["SOURCE"][0] == "f32-infinite",
}

# --- one job ----------------------------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, swath, folder):
        self.swath, self.folder = swath, folder
        self.sources, self.plain = {}, {}
        self.runs = collections.Counter()

    def source(self, kind, size):
        """A source and another of the same grid."""
        if (kind, size) not in self.sources:
            rows, cols = map(int, size.split("x"))
            paths = [os.path.join(self.folder, f"{kind}-{size}-{n}.tif") for n in ("a", "b")]
            make_source(kind, paths[0], rows, cols)
            same = "f32-geographic" if kind == "f32-geographic" else kind if kind in ("f32-nowhere", "f16", "big-endian") else "f32-tiles"
            make_source(same, paths[1], rows, cols)
            self.sources[kind, size] = paths
        return self.sources[kind, size]

    def run(self, command, stdout=None):
        self.runs["runs"] += 1
        try:
            with open(stdout, "wb") if stdout else open(os.devnull, "wb") as out:
                ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            return None, f"ran longer than {PATIENCE_S} s"
        return ran.returncode, ran.stderr.decode(errors="replace").strip()

    def command(self, row, folder, host, report=True):
        """The command line, and the file that takes stdout."""
        a, b = self.source(row["SOURCE"][0], row["SIZE"][0])
        out = os.path.join(folder, "out.tif")
        stdout = out if row["TO"][0] == "stdout" else None
        files = dict(IN=a, OTHER=b, OUT="-" if stdout else out, SECOND=os.path.join(folder, "second.tif"))
        words = [files.get(word, word) for word in shlex.split(OPERATIONS[row["OPERATION"][0]][0])]
        names = {name: os.path.join(folder, file) for name, file in
                 dict(TIMELINE="timeline.svg", PICTURE="picture.svg", PREVIEW="preview.png").items()}
        more = [names.get(word, word) for factor, (_, given) in row.items() if given for word in given]
        more += ["--host-memory", host] + (["--report", os.path.join(folder, "report.json")] if report else [])
        return [self.swath, *words, *more], stdout


def size_of(text):
    """Bytes of a size as messages print it."""
    found = re.search(r"at least ([\d.]+) ?(B|KiB|MiB|GiB|TiB)", text)
    return found and (int(float(found[1]) * UNITS[found[2]]), f"{found[1]}{found[2][0] if found[2] != 'B' else ''}")


def read(path):
    """Samples (bands, rows, cols), mask, nodata, CRS, transform and sizes of overviews."""
    try:
        with rasterio.open(path) as file:
            kept = dict(nodata=repr(file.nodata), crs=file.crs and file.crs.to_wkt(), transform=tuple(file.transform))
            kept["overviews"] = file.overviews(1)
            samples = file.read()
            masks = file.read_masks()
            return samples, masks, kept
    except rasterio.errors.RasterioIOError:
        with tifffile.TiffFile(path) as file:  # float16, which older readers lack
            samples = file.pages[0].asarray()
            samples = samples[None] if samples.ndim == 2 else np.moveaxis(samples, -1, 0) if file.pages[0].planarconfig == 1 else samples
            return samples, None, dict(overviews=[])


def overview(path, level):
    with rasterio.open(path, overview_level=level) as file:
        return file.read()


def apart(ours, plain, row, compress):
    """How the samples of two files differ, or None."""
    if ours.shape != plain.shape or ours.dtype != plain.dtype:
        return f"{ours.dtype} {ours.shape}, plain {plain.dtype} {plain.shape}"
    if ours.tobytes() == plain.tobytes():
        return None
    if "jpeg" in compress:
        return None
    same = (ours == plain) | ((ours != ours) & (plain != plain))
    if "0.5" in compress:
        near = same | (np.abs(ours.astype("f8") - plain.astype("f8")) <= 0.5 + 1e-3)
        return None if near.all() else f"{(~near).sum()} samples farther apart than 0.5"
    if same.all():
        return "samples are equal but for signs of zero or payloads of NaN"
    first = tuple(int(i) for i in np.argwhere(~same)[0])
    return f"{(~same).sum()} samples differ, first at {first}: {ours[first]!r}, plain {plain[first]!r}"


def close(a, b, relative=1e-6):
    return a == b or (a is not None and b is not None and abs(a - b) <= relative * max(abs(a), abs(b), 1e-30))


def check_report(row, report, host):
    surveys = report.get("surveys", [])
    for name in ("host", "device", "spool"):
        passes = [report] + (surveys if name != "spool" else [])
        for k, part in enumerate(passes):
            told = part[name]
            measured, predicted = (told["measured_peak"], told["predicted_peak"]) if name != "spool" else (told["measured"], told["predicted"])
            if measured > predicted:
                yield f"{name}: measured {measured} above predicted {predicted} (pass {k})"
            if name != "spool" and predicted > told["budget"]:
                yield f"{name}: predicted {predicted} above the budget of {told['budget']} (pass {k})"
    for given in report["inputs"]:
        # Counting from an origin decodes one chunk of a plane more.
        spare = 1 if row["SOURCE"][0].split("-")[0] in ("f64", "u32", "i32", "u64", "i64") else 0
        most = 1 + len(surveys) + spare
        if given["max_decodes_per_chunk"] > most:
            yield f"chunks of {given['path']} are decoded {given['max_decodes_per_chunk']} times, of {most}"
        if not surveys and not spare and given["chunks_decoded"] > given["chunks"]:
            yield f"{given['chunks_decoded']} decodes of {given['chunks']} chunks"
    for operator in report["operators"]:
        if operator["rows_computed"] != operator["rows"]:
            yield f"{operator['name']}: {operator['rows_computed']} rows computed of {operator['rows']}"


def check_numbers(row, report, samples, masks, lossy):
    """Statistics and histograms against numpy."""
    told = report["outputs"][0]
    if lossy or masks is None or row["SOURCE"][0] == "rgba" or "alpha" in row["OPERATION"][0] or row["OPERATION"][0] == "color-map-survey":
        return
    for band in range(len(samples)):
        valid = samples[band][(masks[band] != 0) & (samples[band] == samples[band])].astype("f8")
        if told.get("statistics") and told["statistics"][band] and row["stats"][0] == "yes":
            given = told["statistics"][band]
            infinite = "statistics, infinite" if not np.isfinite(valid).all() else "statistics"
            if given["valid"] != len(valid):
                yield f"{infinite}: {given['valid']} valid samples in band {band + 1}, numpy {len(valid)}"
            elif len(valid):
                theirs = dict(min=valid.min(), max=valid.max(), mean=valid.mean(), stddev=valid.std())
                for name, value in theirs.items():
                    scale = max(abs(theirs["min"]), abs(theirs["max"]), 1e-30) * 1e-9
                    if given[name] is None or not (abs(given[name] - value) <= scale or close(given[name], value)):
                        yield f"{infinite}: {name} of band {band + 1} is {given[name]}, numpy {value}"
        if told.get("histograms"):
            given = told["histograms"][band]
            finite = valid[np.isfinite(valid)]
            bins = len(given["counts"])
            counts, _ = np.histogram(finite, bins=bins, range=(given["min"], given["max"]))
            if counts.tolist() != given["counts"] and np.abs(counts - given["counts"]).sum() > 2:
                yield f"the histogram of band {band + 1} differs from numpy's in {int((counts != np.array(given['counts'])).sum())} bins"


def check(bench, row, folder, host):
    """What is wrong with a job that exited 0."""
    out = os.path.join(folder, "out.tif")
    with open(os.path.join(folder, "report.json")) as file:
        report = json.load(file)
    yield from check_report(row, report, host)
    wanted = {"out.tif", "report.json"} | ({"second.tif"} if "SECOND" in OPERATIONS[row["OPERATION"][0]][0] else set())
    wanted |= {f for factor, f in (("timeline", "timeline.svg"), ("picture", "picture.svg"), ("preview", "preview.png")) if row[factor][0] == "yes"}
    if set(os.listdir(folder)) != wanted:
        yield f"there are {sorted(os.listdir(folder))}, not {sorted(wanted)}"
        return
    for svg in (f for f in wanted if f.endswith(".svg")):
        try:
            xml.dom.minidom.parse(os.path.join(folder, svg))
        except xml.parsers.expat.ExpatError as error:
            yield f"{svg}: {error}"
    if "preview.png" in wanted and open(os.path.join(folder, "preview.png"), "rb").read(8) != b"\x89PNG\r\n\x1a\n":
        yield "the preview is no PNG"
    cog = row["format"][0] == "cog"
    status, said = bench.run([bench.swath, "validate", *(["--cog"] if cog else []), out])
    if status:
        yield f"validate: {said}"
    with open(out, "rb") as file:
        version = struct.unpack("<H", file.read(4)[2:])[0]
    if row["bigtiff"][0] in ("yes", "no") and (version == 43) != (row["bigtiff"][0] == "yes"):
        yield f"TIFF version {version}"
    samples, masks, kept = read(out)
    compress, lossy = row["compress"][0], "jpeg" in row["compress"][0] or "0.5" in row["compress"][0]
    plain_row = {factor: (row[factor] if factor in SAMPLES else FACTORS[factor][0]) for factor in FACTORS}
    plain_row["threads"], plain_row["compress"] = ("1", ["--threads", "1"]), ("none", ["--compress", "none"])
    levels = len(kept["overviews"])
    if levels:
        plain_row["overviews"], plain_row["resampling"] = (str(levels), ["--overviews", str(levels)]), row["resampling"]
    key = tuple(plain_row[factor][0] for factor in FACTORS)
    if key not in bench.plain:
        there = tempfile.mkdtemp(dir=bench.folder)
        command, _ = bench.command(plain_row, there, "1G", report=False)
        status, said = bench.run(command)
        bench.plain[key] = read(os.path.join(there, "out.tif")) + (os.path.join(there, "out.tif"),) if status == 0 else said
    if isinstance(bench.plain[key], str):
        yield f"the plain job fails: {bench.plain[key]}"
        return
    plain, plain_masks, plain_kept, plain_path = bench.plain[key]
    if difference := apart(samples, plain, row, compress):
        yield f"samples: {difference}"
    if masks is not None and plain_masks is not None and not lossy and (masks != plain_masks).any():
        yield f"masks differ at {(masks != plain_masks).sum()} pixels"
    for name in ("nodata", "crs", "transform"):
        if kept.get(name) != plain_kept.get(name):
            yield f"{name} is {kept.get(name)}, plain {plain_kept.get(name)}"
    if row["overviews"][0] in ("1", "2", "4") and masks is not None and levels != int(row["overviews"][0]):
        yield f"{levels} overviews, not {row['overviews'][0]}"
    of_overviews = compress if row["overview-compress"] == NONE else row["overview-compress"][0]
    for level in range(levels):
        if difference := apart(overview(out, level), overview(plain_path, level), row, of_overviews):
            yield f"overview {level + 1}: {difference}"
    yield from check_numbers(row, report, samples, masks, lossy)


def named(message, row):
    """A factor that a refusal names and that is not plain."""
    there = [factor for factor in row if row[factor] != FACTORS[factor][0]]
    text = message.lower()
    is_named = lambda word: word.startswith("-") and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
    flags = [factor for factor in there if any(is_named(word) for word in row[factor][1] or [])]
    words = [factor for factor in there if factor.split("-")[0].lower() in text or row[factor][0].split(" ")[0].lower() in text]
    also = [factor for factor in there if factor in ("layout", "dtype", "compress", "nodata", "format", "interleave", "overview-compress")]
    return next(iter(flags + words + also), None)


def try_row(bench, row):
    """Runs a job; gives the job that exited 0 (or None), the last that was tried, and faults."""
    faults = []
    for _ in range(8):
        folder = tempfile.mkdtemp(dir=bench.folder)
        try:
            host = "1G"
            if row["HOST"][0] != "1G":
                command, stdout = bench.command(row, folder, "1")
                status, said = bench.run(command, stdout)
                least = size_of(said) if status == 2 else None
                if not least:
                    if status == 2 and (factor := named(said, row)):
                        row = row | {factor: FACTORS[factor][0]}
                        continue
                    bench.runs["refused" if status == 2 else "odd"] += 1
                    return None, row, faults if status == 2 else [(f"exit {status} within a byte: {said[-300:]}", command)]
                host = {"minimum": least[1], "minimum and a byte": str(least[0] + 1), "twice the minimum": str(2 * least[0])}[row["HOST"][0]]
                if stdout and os.path.exists(stdout):
                    os.remove(stdout)
            command, stdout = bench.command(row, folder, host)
            status, said = bench.run(command, stdout)
            if status == 0:
                bench.runs["exited 0"] += 1
                bench.runs[row["HOST"][0]] += 1
                faults += [(what, command) for what in check(bench, row, folder, host)]
                return row, row, faults
            # The plan is drawn before the job begins.
            left = [name for name in os.listdir(folder) if not (stdout and name == "out.tif") and not (status == 1 and name == "picture.svg")]
            if left:
                faults.append((f"exit {status} left {left}", command))
            if status == 2:
                if "memory budget" in said and row["HOST"][0] != "1G":
                    return None, row, faults + [(f"refused at the minimum that it named ({host}): {said[-200:]}", command)]
                if factor := named(said, row):
                    row = row | {factor: FACTORS[factor][0]}
                    continue
                bench.runs["refused"] += 1
                return None, row, faults
            if status == 1 and row["strict"][0] == "yes" and "nodata value" in said:
                bench.runs["strict"] += 1
                return None, row, faults
            return None, row, faults + [(f"exit {status}: {said[-300:]}", command)]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    bench.runs["refused"] += 1
    return None, row, faults


# --- all pairs --------------------------------------------------------------------------------------------------------------


def pairs_of(row):
    return {((a, row[a][0]), (b, row[b][0])) for a, b in itertools.combinations(FACTORS, 2)}


def grow(rng, tried, open_pairs, patience):
    """A job that begins with an open pair and has as many others as can be."""
    wanted = [pair for pair in open_pairs if tried[pair] < patience]
    if not wanted:
        return None
    seed = rng.choice(sorted(wanted))
    row = {}
    by_name = {factor: {value[0]: value for value in FACTORS[factor]} for factor in FACTORS}
    for factor, name in seed:
        row[factor] = by_name[factor][name]
    rest = [factor for factor in FACTORS if factor not in row]
    rng.shuffle(rest)
    order = {factor: place for place, factor in enumerate(FACTORS)}

    def gain(factor, value):
        gained = 0
        for other, chosen in row.items():
            pair = ((factor, value[0]), (other, chosen[0]))
            if order[factor] > order[other]:
                pair = pair[::-1]
            gained += pair in open_pairs and tried[pair] < patience
        return gained

    for factor in rest:
        options = FACTORS[factor][:]
        rng.shuffle(options)
        best = max(options, key=lambda value: gain(factor, value))
        # Every option at once is refused more often than not: where little is gained, plain.
        row[factor] = best if gain(factor, best) > len(row) // 3 or rng.random() < 0.2 else FACTORS[factor][0]
    return {factor: row[factor] for factor in FACTORS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("swath")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=1 << 30, help="jobs at most, all rounds together")
    parser.add_argument("--patience", type=int, default=3, help="jobs that are tried for a pair, a round")
    parser.add_argument("--adapter", help="tries the GPU backend as well, on this adapter")
    parser.add_argument("--keep", help="folder for sources and plain results, which stays")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.adapter:
        FACTORS["backend"].append(("gpu", ["--backend", "gpu", "--adapter", args.adapter]))
        FACTORS["DEVICE"].append(("64M", ["--device-memory", "64M"]))
    if args.list:
        for factor, given in FACTORS.items():
            print(f"{factor}: {', '.join(name for name, _ in given)}")
        print(f"{len(FACTORS)} factors, {sum(len(given) for given in FACTORS.values())} values")
        return 0
    folder = args.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    bench = Bench(os.path.abspath(args.swath), folder)
    for kind, size in itertools.product(SOURCES, (name for name, _ in FACTORS["SIZE"])):
        bench.source(kind, size)
    every = {
        ((a, v[0]), (b, w[0])) for a, b in itertools.combinations(FACTORS, 2) for v in FACTORS[a] for w in FACTORS[b]
    }
    covered, new, known, combinations = set(), [], collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for number in range(args.rounds):
            rng, tried, open_pairs = random.Random(args.seed + number), collections.Counter(), set(every)
            running = set()
            while True:
                while len(running) < args.jobs and combinations < args.limit:
                    row = grow(rng, tried, open_pairs, args.patience)
                    if row is None:
                        break
                    combinations += 1
                    tried.update(pairs_of(row))
                    running.add(pool.submit(try_row, bench, row))
                if not running:
                    break
                done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    ran, last, faults = future.result()
                    fresh = []
                    for what, command in faults:
                        names = [name for name, fits in KNOWN.items() if fits(last, what)]
                        known.update(names[:1])
                        fresh += [] if names else [(what, command)]
                    for what, command in fresh:
                        print(f"FAULT {what}\n    {shlex.join(command)}", flush=True)
                    new += fresh
                    if ran and not fresh:
                        open_pairs -= pairs_of(ran)
                        covered |= pairs_of(ran)
    if not args.keep:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{combinations} combinations, {bench.runs['runs']} runs: " + ", ".join(f"{n} {what}" for what, n in bench.runs.items() if what != "runs"))
    print(f"{len(covered)} of {len(every)} pairs ({100 * len(covered) / len(every):.1f} %) shown by jobs that exited 0 and passed")
    for name, count in known.items():
        print(f"KNOWN {count} times: {name}")
    print(f"{len(new)} new faults")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())

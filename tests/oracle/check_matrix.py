#!/usr/bin/env python3
"""What two GDALs say of other people's files, they say of swath's copies: `check_matrix.py SWATH [--every N] [--only TEXT]`.

More than 600 files are made (`matrix_files.py`), and each is copied in two of four ways. Samples, masks, nodata, transform, control
points, CRS, palette, interpretation, units, scales and metadata of source and copy are compared, as Debian's GDAL and the one in
pyogrio's wheel have them (`gdal_says.py`; one of them is enough). What is missing to operators is compared with GDAL's mask.

A difference is an error unless a rule below declares it, under a name that docs/GDAL.md explains. `--every N` takes every N-th file.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from gdal_says import Gdal, find
from matrix_files import cases

warnings.simplefilter("ignore")
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/GDAL.md")
COPY = ["--tile-size", "16"]
OTHERS = {
    "COG": ["--cog", "--tile-size", "16", "--overviews", "1"],
    "bands apart": ["--tile-size", "16", "--compress", "packbits", "--interleave", "band"],
    "strips, BigTIFF": ["--strip-rows", "7", "--bigtiff", "yes", "--compress", "lzw"],
}


class Ran:
    def __init__(self, *words):
        ran = subprocess.run([SWATH, *words, "--overwrite", "--backend", "cpu", "--threads", "1"], capture_output=True, text=True)
        self.status, self.said = ran.returncode, ran.stderr


class Difference:
    """Of a field of a file or a band, between source and copy; `band` has what GDAL says of the source's band."""

    def __init__(self, field, source, copy, band=None, file=None, gdal=""):
        self.field, self.source, self.copy, self.band, self.file, self.gdal = field, source, copy, band, file, gdal

    def __str__(self):
        if isinstance(self.source, np.ndarray):
            where = np.argwhere(self.source != self.copy)[:1].tolist()
            at = tuple(where[0]) if where else ()
            return f"{self.field}: {int((self.source != self.copy).sum())} of {self.source.size} differ, at {at}: {self.source[at]!r} became {self.copy[at]!r}"
        return f"{self.field}: {self.source!r} became {self.copy!r}"


def equal(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return one == other


def close_transforms(one, other, said):
    """The same to a millionth of a pixel at every corner."""
    if one is None or other is None:
        return one == other
    size = max(abs(v) for v in (one[1], one[2], one[4], one[5])) or 1.0
    corners = [(0, 0), (said["cols"], 0), (0, said["rows"]), (said["cols"], said["rows"])]
    return all(abs(sum(c * (a - b) for c, a, b in zip((1, x, y), one[k:k + 3], other[k:k + 3]))) <= 1e-6 * size for x, y in corners for k in (0, 3))


def compared(gdal, source, copy):
    """The differences between two files that one GDAL has read."""
    def differs(field, one, other, band=None):
        return [] if equal(one, other) else [Difference(field, one, other, band, source, gdal.version)]

    if "error" in copy:
        return [Difference("copy", "read", copy["error"], file=source, gdal=gdal.version)]
    out = []
    for field in ("rows", "cols", "gcps"):
        out += differs(field, source[field], copy[field])
    if not close_transforms(source["transform"], copy["transform"], source):
        out += differs("transform", source["transform"], copy["transform"])
    for field in ("crs", "gcps_crs"):
        one, other = source[field], copy[field]
        if one != other and not (one and other and gdal.same_crs(one, other)):
            out += differs(field, one, other)
    for domain in source["metadata"]:
        for key in sorted({*source["metadata"][domain], *copy["metadata"][domain]}):
            out += differs(f"metadata {domain} {key}".replace("  ", " "), source["metadata"][domain].get(key), copy["metadata"][domain].get(key))
    out += differs("bands", len(source["bands"]), len(copy["bands"]))
    for number, (one, other) in enumerate(zip(source["bands"], copy["bands"]), 1):
        for field in one:
            if field == "metadata":
                for key in sorted({*one[field], *other[field]}):
                    out += differs(f"band metadata {key}", one[field].get(key), other[field].get(key), one)
            elif field == "samples" and one[field].dtype != other[field].dtype:
                if not np.array_equal(one[field], other[field]):
                    out += differs("samples", one[field], other[field], one)
            else:
                out += differs(field, one[field], other[field], one)
    return out


def operated(gdal, source, result):
    """What is missing to an operator, against GDAL's mask of the first band, and its samples elsewhere."""
    if "error" in result:
        return [Difference("result", "read", result["error"], file=source, gdal=gdal.version)]
    band, values = source["bands"][0], result["bands"][0]["samples"]
    theirs, ours = band["mask"] == 0, np.isnan(values)
    out = []
    if not np.array_equal(theirs, ours):
        out.append(Difference("missing to operators", theirs, ours, band, source, gdal.version))
    with np.errstate(all="ignore"):
        wanted = band["samples"].astype("f8")
    at = ~theirs & ~ours
    if not np.array_equal(wanted[at], values[at]):
        out.append(Difference("samples to operators", np.where(at, wanted, 0), np.where(at, values, 0), band, source, gdal.version))
    return out


# Rules: the name of a row of docs/GDAL.md, which differences it is about, and what the job must have said of them (or None).
RULES = {}


def rule(name, told=None):
    def put(test):
        RULES[name] = (test, told and re.compile(told))
        return test
    return put


def at_most_where(d, allowed):
    """Whether two masks differ nowhere but where they may."""
    return isinstance(d.source, np.ndarray) and not ((d.source != d.copy) & ~allowed).any()


MASK = ("mask", "mask_flags", "nodata", "missing to operators")


@rule("whole-bytes")
def _(d):
    return d.field == "bits" and d.copy is None


@rule("palettes-are-full")
def _(d):
    # Filled up to all values of a whole byte; GDAL gives the entry of the nodata value no alpha in whole bytes alone.
    nodata = d.band and d.band["nodata"]
    same = lambda k: d.copy[k][:3] == d.source[k][:3] and (d.copy[k][3] == d.source[k][3] or (nodata is not None and float(nodata) == k))
    return d.field == "palette" and d.band["bits"] and d.copy and all(same(k) for k in range(len(d.source)))


@rule("white-is-zero")
def _(d):
    return d.field == "interpretation" and d.band["palette"] and d.band["palette"][0][:3] == [255] * 3 and d.copy == "Undefined"


@rule("area-is-said")
def _(d):
    return d.field == "metadata AREA_OR_POINT" and d.source is None and d.copy == "Area"


@rule("point-of-the-file")
def _(d):
    return d.field == "metadata AREA_OR_POINT" and d.source is None and d.copy == "Point" and d.beside


@rule("point-beside", told="AREA_OR_POINT=Point, which is not taken")
def _(d):
    return d.field == "metadata AREA_OR_POINT" and d.source == "Point"


@rule("pages", told="another page")
def _(d):
    return d.field.startswith("metadata SUBDATASETS")


@rule("nan-is-missing")
def _(d):
    return d.field == "missing to operators" and at_most_where(d, ~np.isfinite(d.band["samples"].astype("f8")))


@rule("beyond-float32", told="float32 on their way")
def _(d):
    values = np.abs(d.band["samples"].astype("f8"))
    return d.field == "missing to operators" and at_most_where(d, ~(values <= 3.4028234663852886e38))


@rule("results-are-float32", told="float32 on their way")
def _(d):
    return d.field == "samples to operators" and d.source.dtype == "f8" and np.array_equal(d.source.astype("f4").astype("f8"), d.copy)


@rule("near-half-of-the-range")
def _(d):
    # GDAL's test overflows where nodata and sample add up to more than float32 has.
    at = np.abs(d.band["samples"].astype("f8") + float(d.band["nodata"] or 0)) > 3.4e38
    return d.field in ("mask", "missing to operators") and d.band["type"] == "Float32" and at_most_where(d, at | ~np.isfinite(d.band["samples"]))


@rule("alpha-counts")
def _(d):
    bands = d.file["bands"]
    alpha = [band["samples"] for band in bands if band["interpretation"] == "Alpha"]
    return d.field == "missing to operators" and bool(alpha) and at_most_where(d, alpha[0] == 0)


@rule("no-number", told="which is no number: no value is missing")
def _(d):
    return d.field in MASK


@rule("exponents-of-64-bits")
def _(d):
    return d.field in MASK and d.band["type"] in ("Int64", "UInt64")


@rule("minus-nan")
def _(d):
    return d.field in MASK and d.band["nodata"] == "0.0" and "-nan" in d.name


@rule("float16-rounds")
def _(d):
    at = d.band["samples"].astype("f2") == np.float64(d.band["nodata"] or 0).astype("f2")
    return d.field == "missing to operators" and (d.band["bits"] == "16" or d.band["type"] == "Float16") and at_most_where(d, at | ~np.isfinite(d.band["samples"]))


@rule("signed-bytes-of-3.6")
def _(d):
    return d.gdal.startswith("3.6") and d.field in MASK and d.band["type"] == "Int8"


@rule("mask-of-some-bands", told="is not taken: it does not say that it is a mask of band")
def _(d):
    return d.field in MASK


@rule("nodata-by-band", told="nodata values of their own for some bands")
def _(d):
    return d.field in MASK


@rule("points-beside-a-transform", told="control points, which are not taken beside a transform")
def _(d):
    return d.field in ("gcps", "gcps_crs", "transform", "crs", "metadata AREA_OR_POINT")


@rule("colour-table-beside", told="its colour table, which is not honoured")
def _(d):
    return d.field in ("palette", "interpretation")


@rule("metadata-as-xml", told="metadata as XML")
def _(d):
    return d.field.startswith("metadata xml:")


@rule("unit-of-both")
def _(d):
    return d.field in ("unit", "scale", "offset", "description") and d.beside and d.gdal.startswith("3.6")


@rule("keys-that-are-there")
def _(d):
    return d.field in ("crs", "metadata AREA_OR_POINT") and "more keys told" in d.name


@rule("as-stored")
def _(d):
    return d.field == "samples to operators" and any(what in d.name for what in ("CIELAB", "CMYK"))


@rule("LZMA", told=r"34925 \(LZMA\)")
def _(d):
    return d.field == "refused"


OF_BANDS = {"palettes-are-full", "white-is-zero", "nan-is-missing", "beyond-float32", "near-half-of-the-range", "exponents-of-64-bits", "minus-nan", "float16-rounds", "signed-bytes-of-3.6"}


def declared(difference, said):
    """The rule that declares a difference, or None."""
    for name, (test, told) in RULES.items():
        if (told is None or told.search(said)) and (difference.band or name not in OF_BANDS) and test(difference):
            return name
    return None


def check(number, name, make, folder, gdals):
    """The lines of what is wrong with a case, and the rules that it needed."""
    path, wrong, used, compared_files = os.path.join(folder, f"{number}.tif"), [], Counter(), 0
    make(path)
    said = {gdal: gdal.says(path) for gdal in gdals}
    read = [gdal for gdal in gdals if "error" not in said[gdal]]
    other = list(OTHERS)[number % len(OTHERS)]
    ways = {"copy": COPY, other: OTHERS[other]}
    if not read:
        used["unread by GDAL"] += 1
    for way, words in [*ways.items(), ("operator", None)]:
        out = os.path.join(folder, f"{number}.out.tif")
        ran = Ran("convert", path, out, *words) if words else Ran("calc", "A", "--A", path, out, "--dtype", "float64", "--nodata", "nan")
        if ran.status:
            differences = [Difference("refused", "", ran.said.strip(), file=said[gdal], gdal=gdal.version) for gdal in read]
        else:
            compare = compared if words else operated
            differences = [d for gdal in read for d in compare(gdal, said[gdal], gdal.says(out))]
        compared_files += 1
        for difference in differences:
            difference.name, difference.beside = name, os.path.exists(f"{path}.aux.xml")
            known = declared(difference, ran.said)
            if known:
                used[known] += 1
            else:
                warned = "; ".join(re.findall("warning: (?:[^ ]*: )?(.*)", ran.said)) or "silent"
                wrong.append(f"{name} [{way}, GDAL {difference.gdal}]: {str(difference)[:300]} ({warned})")
    for left in os.listdir(folder):
        if left.split(".")[0] == str(number):
            os.remove(os.path.join(folder, left))
    return wrong, used, compared_files


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("swath")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    global SWATH
    SWATH = os.path.abspath(options.swath)
    chosen = [(number, name, make) for number, (name, make) in enumerate(cases()) if number % options.every == 0 and options.only in name]
    found = [which for which in ("debian", "wheel") if find(which)]
    if not found:
        sys.exit("no GDAL: install Debian's gdal-bin, or pyogrio's wheel into this Python")
    totals, failures, runs = Counter(), 0, 0

    def work(part):
        gdals = [Gdal(which) for which in found]
        with tempfile.TemporaryDirectory() as folder:
            for case in chosen[part::options.jobs]:
                done.append(check(*case, folder, gdals))
                for line in done[-1][0]:
                    print(line, flush=True)
        versions.update(gdal.version for gdal in gdals)
        for gdal in gdals:
            gdal.close()

    done, versions = [], set()
    with ThreadPoolExecutor(options.jobs) as pool:
        for worker in [pool.submit(work, part) for part in range(options.jobs)]:
            worker.result()
    for wrong, used, ran in done:
        failures += len(wrong)
        runs += ran
        totals += used
    explained = set(re.findall(r"^\| `([^`]+)` \|", open(PAGE, encoding="utf-8").read(), re.M))
    for name in sorted(explained ^ set(RULES)):
        print(f"{name}: {'docs/GDAL.md has it, and no rule' if name in explained else 'a rule that docs/GDAL.md does not explain'}")
        failures += 1
    if len(versions) == 2 and options.every == 1 and not options.only:
        for name in sorted(set(RULES) - set(totals)):
            print(f"{name}: no file needs this rule")
            failures += 1
    for name, count in sorted(totals.items()):
        print(f"declared: {name}: {count}")
    print(f"{len(chosen)} files, {runs} runs, GDAL {' and '.join(sorted(versions))}: {failures} differences that are not declared")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Checks a written GeoTIFF or COG with four readers that share no code with ours.

    check_tif.py FILE [--ref REF.tif --atol A --rtol R --angular --ignore-border N | --only-border N]
                 [--only-above RASTER LIMIT] [--tile N --compression NAME --predictor N --nodata V --bigtiff|--classic]
                 [--ogc] [--cog | --cog-no-overviews] [--no-gdalinfo]

- rasterio, tifffile (with imagecodecs), gdalinfo (another GDAL build) and tiffinfo (libtiff) open the file without a word;
  rasterio and tifffile agree on size, type, tiling and every bit of every pixel, gdalinfo on the checksum;
- tile offsets and byte counts lie inside the file and do not overlap;
- --ogc: the tag structure is what OGC 19-008r4 demands;
- --ref: size, CRS, transform and missing samples are the reference's (missing exactly), pixels within atol + rtol |ref|;
  --angular compares modulo 360; --only-above compares pixels only where RASTER is above LIMIT (missing: everywhere);
- --cog: rio-cogeo's strict validator and GDAL's.

One line a check. Exit status: 0 all passed, 1 something differs, 2 the file cannot be opened. Pixels are compared in bands of
rows, so that memory stays small.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np

GDAL_COG_VALIDATOR = "/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_cloud_optimized_geotiff.py"


class Checks:
    """Prints one line a check and remembers what failed."""

    def __init__(self, path):
        self.path, self.failed = path, []

    def __call__(self, passed, what, detail=""):
        print(("PASS " if passed else "FAIL ") + what + (f" : {detail}" if detail != "" else ""), flush=True)
        if not passed:
            self.failed.append(what)
        return passed

    def finish(self):
        print(f"NOT OK {self.path} : {'; '.join(self.failed)}" if self.failed else f"OK {self.path}")
        sys.exit(1 if self.failed else 0)

    def stop(self, what, status):
        print(f"FAIL {what}")
        print(f"NOT OK {self.path}")
        sys.exit(status)


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("file")
    ap.add_argument("--cog", action="store_true")
    ap.add_argument("--cog-no-overviews", action="store_true", help="a COG meant to have no overviews: rio-cogeo not strict")
    ap.add_argument("--ref")
    ap.add_argument("--atol", type=float, default=0.0)
    ap.add_argument("--rtol", type=float, default=0.0)
    ap.add_argument("--angular", action="store_true")
    ap.add_argument("--ignore-border", type=int, default=0)
    ap.add_argument("--only-border", type=int, default=0)
    ap.add_argument("--only-above", nargs=2, metavar=("RASTER", "LIMIT"))
    ap.add_argument("--tile", type=int)
    ap.add_argument("--compression")
    ap.add_argument("--predictor", type=int)
    ap.add_argument("--nodata")
    ap.add_argument("--bigtiff", action="store_true")
    ap.add_argument("--classic", action="store_true")
    ap.add_argument("--ogc", action="store_true")
    ap.add_argument("--no-gdalinfo", action="store_true")
    return ap.parse_args()


def open_both(check, path):
    import rasterio
    import tifffile

    if not os.path.exists(path):
        check.stop(f"no such file {path}", 2)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            dataset = rasterio.open(path)
        except Exception as error:
            check.stop(f"rasterio cannot open: {error}", 2)
    try:
        tiff = tifffile.TiffFile(path)
        tiff.pages[0]
    except Exception as error:
        check.stop(f"tifffile cannot open: {error}", 2)
    check(not [w for w in said if "NotGeoreferenced" in str(w.category)], "georeferenced")
    return dataset, tiff


def check_header(check, a, dataset, tiff):
    page = tiff.pages[0]
    ours, theirs = (dataset.width, dataset.height, dataset.count), (page.imagewidth, page.imagelength, page.samplesperpixel)
    check(ours == theirs, "rasterio/tifffile size+bands", f"{ours} vs {theirs}")
    check(str(page.dtype) == dataset.dtypes[0], "rasterio/tifffile dtype", f"{dataset.dtypes[0]} {page.dtype}")
    check(bool(page.is_tiled) == bool(dataset.profile.get("tiled")), "tiled flag", f"{page.is_tiled} blocks {dataset.block_shapes[0]}")
    if a.tile:
        check(page.is_tiled and (page.tilewidth, page.tilelength) == (a.tile, a.tile), "tile size", (page.tilewidth, page.tilelength))
    if a.compression:
        check(a.compression.lower() in page.compression.name.lower(), "compression", page.compression.name)
    if a.predictor:
        check(int(page.predictor) == a.predictor, "predictor", int(page.predictor))
    if a.bigtiff:
        check(tiff.is_bigtiff, "BigTIFF")
    if a.classic:
        check(not tiff.is_bigtiff, "classic TIFF")
    if a.nodata is not None:
        wanted, found = float(a.nodata), dataset.nodata
        check(found is not None and (found == wanted or np.isnan(wanted) and np.isnan(found)), "nodata tag", found)


def check_ranges(check, tiff, size):
    """Tile offsets and byte counts of every IFD."""
    ranges = []
    for i, page in enumerate(tiff.pages):
        count = len(page.dataoffsets)
        expected = count
        if page.is_tiled:
            expected = -(-page.imagelength // page.tilelength) * -(-page.imagewidth // page.tilewidth)
            expected *= page.samplesperpixel if page.planarconfig == 2 else 1
        check(count == expected == len(page.databytecounts), f"IFD{i} tile count", f"{count} expected {expected}")
        ranges += [(o, o + n) for o, n in zip(page.dataoffsets, page.databytecounts) if n]
    ranges.sort()
    check(all(end <= size for _, end in ranges) and (not ranges or ranges[0][0] >= 8), "tile ranges inside file")
    apart = all(x == y or x[1] <= y[0] for x, y in zip(ranges, ranges[1:]))
    check(apart, "tile ranges do not overlap")


def check_ogc(check, page):
    """The mechanical part of OGC 19-008r4."""
    tags = {t.code: t.value for t in page.tags.values()}
    keys = tags.get(34735)
    if check(keys is not None and len(keys) >= 4 and len(keys) % 4 == 0, "OGC: GeoKeyDirectoryTag present, 4-short rows"):
        keys = list(map(int, keys))
        rows = [tuple(keys[i : i + 4]) for i in range(4, 4 + 4 * keys[3], 4)]
        ids = [row[0] for row in rows]
        check(keys[0] == 1 and keys[1] == 1 and keys[2] in (0, 1), "OGC: KeyDirectoryVersion 1, KeyRevision 1.0|1.1", keys[:3])
        check(len(keys) == 4 + 4 * keys[3], "OGC: NumberOfKeys matches", keys[3])
        check(ids == sorted(set(ids)), "OGC: keys ascending, unique", ids)
        check(1024 in ids, "OGC: GTModelTypeGeoKey present")
        check(1025 in ids, "OGC: GTRasterTypeGeoKey present")
        doubles = tags.get(34736)
        doubles = () if doubles is None else tuple(np.atleast_1d(doubles))
        text = tags.get(34737, "")
        text = text if isinstance(text, str) else text.decode("latin1")
        for key, tag, count, value in rows:
            if tag == 0 and count != 1:
                check(False, f"OGC: key {key} count 1", count)
            elif tag == 34736 and value + count > len(doubles):
                check(False, f"OGC: key {key} inside GeoDoubleParams")
            elif tag == 34737 and text[value + count - 1 : value + count] != "|":
                ends_well = text[value + count - 1 : value + count] == "\0"
                check(ends_well, f"OGC: key {key} ascii ends with |", repr(text[value : value + count]))
            elif tag not in (0, 34736, 34737):
                check(False, f"OGC: key {key} TIFFTagLocation", tag)
        values = {row[0]: row[3] for row in rows}
        check(values.get(1024) in (1, 2, 3, 32767), "OGC: GTModelType value", values.get(1024))
        check(values.get(1025, 1) in (1, 2), "OGC: GTRasterType value", values.get(1025))
        if values.get(1024) == 1:
            check(3072 in values, "OGC: ProjectedCRSGeoKey present", values.get(3072))
        if values.get(1024) == 2:
            check(2048 in values, "OGC: GeodeticCRSGeoKey present", values.get(2048))
    scale, tiepoint, matrix = tags.get(33550), tags.get(33922), tags.get(34264)
    one_way = matrix is not None and scale is None or tiepoint is not None and len(tiepoint) % 6 == 0
    check(one_way, "OGC: tiepoint(+scale) xor transformation", (scale, tiepoint))
    if scale is not None:
        check(len(scale) == 3 and scale[0] > 0 and scale[1] > 0, "OGC: ModelPixelScale 3 doubles > 0", scale)


def tifffile_pixels(check, path, page):
    """All pixels as tifffile decodes them, in a file rather than in memory."""
    import tifffile

    if page.is_memmappable:
        return tifffile.memmap(path, page=0)
    folder = os.path.dirname(os.path.abspath(path))
    scratch = tempfile.NamedTemporaryFile(dir=folder if os.access(folder, os.W_OK) else None, suffix=".mm")
    try:
        pixels = page.asarray(out=scratch.name, maxworkers=2)
    except Exception as error:
        check.stop(f"tifffile cannot decode the pixels : {type(error).__name__} {str(error)[:200]}", 1)
    pixels.scratch_file = scratch  # lives as long as the map over it
    return pixels


def missing(x, nodata):
    m = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    return m if nodata is None or np.isnan(nodata) else m | (x == np.asarray(nodata).astype(x.dtype))


def compared(a, shape, first_row, rows):
    """Which of the rows' pixels --ignore-border and --only-border leave to be compared."""
    height, width = shape
    k = a.ignore_border or a.only_border
    if not k:
        return np.ones((rows, width), bool)
    i, j = np.arange(first_row, first_row + rows)[:, None], np.arange(width)[None]
    inside = (i >= k) & (i < height - k) & (j >= k) & (j < width - k)
    return ~inside if a.only_border else inside


def check_pixels(check, a, dataset, tiff):
    import rasterio
    from rasterio.windows import Window

    width, height, bands = dataset.width, dataset.height, dataset.count
    theirs = tifffile_pixels(check, a.file, tiff.pages[0])
    if bands == 1:
        theirs = theirs.reshape(height, width)
    ref = rasterio.open(a.ref) if a.ref else None
    comparable = ref is not None
    if ref is not None:
        sizes = (width, height, bands), (ref.width, ref.height, ref.count)
        comparable = check(sizes[0] == sizes[1], "size equals ref", f"{sizes[0]} vs {sizes[1]}")
        check(dataset.crs == ref.crs, "CRS equals ref", f"{dataset.crs} vs {ref.crs}")
        transforms = tuple(dataset.transform)[:6], tuple(ref.transform)[:6]
        check(dataset.transform.almost_equals(ref.transform, 1e-9), "transform equals ref", f"{transforms[0]} vs {transforms[1]}")
        points = dataset.tags().get("AREA_OR_POINT"), ref.tags().get("AREA_OR_POINT")
        check(points[0] == points[1], "AREA_OR_POINT equals ref", f"{points[0]} vs {points[1]}")
    limit = (rasterio.open(a.only_above[0]), float(a.only_above[1])) if a.only_above else None
    same, worst, squares, valid, beyond, masks, first = True, 0.0, 0.0, 0, 0, 0, None
    step = max(256, (64 << 20) // max(1, width * 8) // 256 * 256)
    for band in range(bands):
        for row in range(0, height, step):
            rows = min(step, height - row)
            window = Window(0, row, width, rows)
            try:
                x = dataset.read(band + 1, window=window)
            except Exception as error:
                check.stop(f"rasterio cannot decode the pixels : {str(error)[:200]}", 1)
            if bands == 1:
                y = theirs[row : row + rows]
            elif theirs.ndim == 3 and theirs.shape[-1] == bands:
                y = theirs[row : row + rows, :, band]
            else:
                y = theirs[band, row : row + rows]
            same = same and x.tobytes() == np.ascontiguousarray(y).astype(x.dtype, copy=False).tobytes()
            if not comparable:
                continue
            z = ref.read(band + 1, window=window)
            mx, mz = missing(x, dataset.nodata), missing(z, ref.nodata)
            chosen = compared(a, (height, width), row, rows)
            unlike = (mx != mz) & chosen
            both = chosen & ~mx & ~mz
            if limit:
                steep = limit[0].read(1, window=window)
                both &= ~missing(steep, limit[0].nodata) & (steep > limit[1])
            x64, z64 = x.astype(np.float64), z.astype(np.float64)
            d = np.abs(x64 - z64)
            if a.angular:
                d = np.minimum(d, np.abs(360 - d))
            off = both & ~(d <= a.atol + a.rtol * np.abs(z64))
            masks, beyond, valid = masks + int(unlike.sum()), beyond + int(off.sum()), valid + int(both.sum())
            if both.any():
                worst, squares = max(worst, float(d[both].max())), squares + float((d[both] ** 2).sum())
            if first is None and (off | unlike).any():
                r, c = np.argwhere(off | unlike)[0]
                first = (band + 1, int(row + r), int(c), float(x[r, c]), float(z[r, c]))
    check(same, "rasterio and tifffile decode identical pixels")
    if comparable:
        where = f"; first (band,row,col,got,ref)={first}" if first else ""
        check(masks == 0, "nodata mask equals ref", f"{masks} cells differ{where if masks else ''}")
        rms = np.sqrt(squares / max(1, valid))
        found = f"{beyond} of {valid} beyond atol={a.atol:g} rtol={a.rtol:g}; max|d|={worst:.6g} rms={rms:.3g}"
        check(beyond == 0, "pixels equal ref", found + where)


def check_gdal(check, a, dataset):
    r = subprocess.run(["gdalinfo", "-checksum", "-stats", a.file], capture_output=True, text=True, env=dict(os.environ, GDAL_PAM_ENABLED="NO"))
    sums = [int(v) for v in re.findall(r"Checksum=(-?\d+)", r.stdout)]
    check(r.returncode == 0 and len(sums) >= dataset.count, "gdalinfo opens", r.stderr.strip()[:200] if r.returncode else "")
    # Statistics of a raster without a valid pixel are an error to GDAL, not to us.
    said = "\n".join(line for line in r.stderr.splitlines() if "no valid pixels" not in line).strip()
    check(not re.search(r"Warning|ERROR", said), "gdalinfo silent", said[:200])
    ours = [dataset.checksum(i + 1) for i in range(dataset.count)]
    check(sums[: dataset.count] == ours, "checksum gdalinfo == rasterio", f"{sums[:dataset.count]} {ours}")
    found = re.search(r"Minimum=(\S+), Maximum=(\S+), Mean=(\S+), StdDev=(\S+)", r.stdout)
    print("INFO stats", found.groups() if found else "none (no valid pixel?)")


def check_libtiff(check, path):
    r = subprocess.run(["tiffinfo", path], capture_output=True, text=True)
    said = re.sub(r"[^\n]*[Uu]nknown field[^\n]*\n?", "", r.stderr).strip()
    check(r.returncode == 0 and not re.search(r"[Ee]rror|incorrect|not sorted|out of order", r.stderr), "tiffinfo (libtiff) clean", said[:200])


def check_cog(check, a):
    try:
        from rio_cogeo.cogeo import cog_validate

        strict = not a.cog_no_overviews
        valid, errors, warned = cog_validate(a.file, strict=strict, quiet=True)
        check(valid, "rio-cogeo validate" + (" --strict" if strict else ""), list(errors) + list(warned))
    except ImportError:
        check(False, "rio-cogeo not installed")
    r = subprocess.run(["/usr/bin/python3", GDAL_COG_VALIDATOR, "--full-check=yes", a.file], capture_output=True, text=True)
    said = (r.stdout + r.stderr).strip()
    valid = r.returncode == 0 and "is a valid cloud optimized GeoTIFF" in said
    check(valid, "GDAL validate_cloud_optimized_geotiff --full-check", said[-400:].replace("\n", " | "))


def main():
    a = arguments()
    os.environ["GDAL_PAM_ENABLED"] = "NO"
    check = Checks(a.file)
    dataset, tiff = open_both(check, a.file)
    check_header(check, a, dataset, tiff)
    check_ranges(check, tiff, os.path.getsize(a.file))
    if a.ogc:
        check_ogc(check, tiff.pages[0])
    check_pixels(check, a, dataset, tiff)
    if not a.no_gdalinfo:
        check_gdal(check, a, dataset)
    check_libtiff(check, a.file)
    if a.cog or a.cog_no_overviews:
        check_cog(check, a)
    check.finish()


if __name__ == "__main__":
    main()

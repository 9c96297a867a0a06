"""What a GDAL says of a raster, whichever GDAL that is: `Gdal("debian")` is the one of Debian's gdal-bin, `Gdal("wheel")` the one in
pyogrio's wheel from PyPI (`pip install pyogrio`), which is much newer.

Both are the C library, called by ctypes. Each answers in a process of its own, since two of them do not go into one.
`gdal_says.py debian|wheel FILE` prints what it says.
"""

import base64
import ctypes as C
import ctypes.util
import glob
import importlib.util
import json
import os
import subprocess
import sys

import numpy as np

POINTER, TEXT, INT, DOUBLE = C.c_void_p, C.c_char_p, C.c_int, C.c_double
TYPES = {"Byte": "u1", "Int8": "i1", "UInt16": "u2", "Int16": "i2", "UInt32": "u4", "Int32": "i4", "UInt64": "u8", "Int64": "i8", "Float16": "f2", "Float32": "f4", "Float64": "f8"}
DOMAINS = ["", "RPC", "xml:XMP", "EXIF", "COLOR_PROFILE", "SUBDATASETS"]


def find(which):
    """The library of this name, or None."""
    if which == "debian":
        return ctypes.util.find_library("gdal")
    wheel = importlib.util.find_spec("pyogrio")
    home = os.path.dirname(wheel.origin) if wheel else ""
    found = glob.glob(os.path.join(os.path.dirname(home), "pyogrio.libs", "libgdal*"))
    if found:
        os.environ["PROJ_DATA"], os.environ["GDAL_DATA"] = os.path.join(home, "proj_data"), os.path.join(home, "gdal_data")
    return found[0] if found else None


class Gdal:
    """The other end of a worker."""

    def __init__(self, which):
        self.worker = subprocess.Popen([sys.executable, os.path.abspath(__file__), which], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self.ask("version")

    def ask(self, *words):
        self.worker.stdin.write(json.dumps(words) + "\n")
        self.worker.stdin.flush()
        return json.loads(self.worker.stdout.readline())

    def says(self, path):
        """A dict of what it says, with arrays for samples and masks; `error` alone where it does not read the file."""
        said = self.ask("describe", path)
        for band in said.get("bands", []):
            shape = (said["rows"], said["cols"])
            band["samples"] = np.frombuffer(base64.b64decode(band["samples"]), TYPES[band["type"]]).reshape(shape)
            band["mask"] = np.frombuffer(base64.b64decode(band["mask"]), "u1").reshape(shape)
        return said

    def same_crs(self, one, other):
        return self.ask("same_crs", one, other)

    def close(self):
        self.worker.stdin.close()
        self.worker.wait()


class Point(C.Structure):
    _fields_ = [("id", TEXT), ("info", TEXT), ("pixel", DOUBLE), ("line", DOUBLE), ("x", DOUBLE), ("y", DOUBLE), ("z", DOUBLE)]


class Colour(C.Structure):
    _fields_ = [(name, C.c_short) for name in "rgba"]


def library(path):
    g = C.CDLL(path, mode=C.RTLD_GLOBAL)
    signatures = """GDALVersionInfo t:t / GDALOpenEx p:tuppp / GDALClose i:p / GDALGetRasterXSize i:p / GDALGetRasterYSize i:p / GDALGetRasterCount i:p
        GDALGetGeoTransform i:pp / GDALGetSpatialRef p:p / GDALGetGCPCount i:p / GDALGetGCPSpatialRef p:p / GDALGetMetadata p:pt / GDALGetRasterBand p:pi
        GDALGetRasterDataType i:p / GDALGetDataTypeName t:i / GDALRasterIO i:piiiiipiiiii / GDALGetRasterNoDataValue d:pp / GDALGetRasterNoDataValueAsInt64 q:pp
        GDALGetRasterNoDataValueAsUInt64 Q:pp / GDALGetMaskFlags i:p / GDALGetMaskBand p:p / GDALGetRasterColorInterpretation i:p / GDALGetColorInterpretationName t:i
        GDALGetRasterColorTable p:p / GDALGetColorEntryCount i:p / GDALGetDescription t:p / GDALGetRasterUnitType t:p / GDALGetRasterScale d:pp / GDALGetRasterOffset d:pp
        OSRExportToWktEx i:ppp / OSRNewSpatialReference p:t / OSRIsSame i:pp / OSRDestroySpatialReference v:p / CPLGetLastErrorMsg t: / CPLErrorReset v:"""
    kinds = dict(t=TEXT, p=POINTER, i=INT, d=DOUBLE, u=C.c_uint, q=C.c_int64, Q=C.c_uint64, v=None)
    for one in signatures.replace("\n", "/").split("/"):
        if one.strip():
            name, kind = one.split()
            result, _, taken = kind.partition(":")
            function = getattr(g, name)
            function.restype, function.argtypes = kinds[result], [kinds[letter] for letter in taken]
    g.GDALGetGCPs.restype, g.GDALGetGCPs.argtypes = C.POINTER(Point), [POINTER]
    g.GDALGetColorEntry.restype, g.GDALGetColorEntry.argtypes = C.POINTER(Colour), [POINTER, INT]
    g.GDALAllRegister()
    g.CPLPushErrorHandler(C.cast(g.CPLQuietErrorHandler, POINTER))
    return g


def describe(g, path):
    g.CPLErrorReset()
    ds = g.GDALOpenEx(path.encode(), 0x02, None, None, None)
    if not ds:
        return dict(error=text(g.CPLGetLastErrorMsg()) or "it cannot be opened")
    try:
        return described(g, ds)
    except OSError as error:
        return dict(error=str(error))
    finally:
        g.GDALClose(ds)


def text(value):
    return None if value is None else value.decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode()


def items(g, thing, domain):
    found = g.GDALGetMetadata(thing, domain.encode())
    out = {}
    if found:
        rows = C.cast(found, C.POINTER(TEXT))
        k = 0
        while rows[k]:
            key, _, value = text(rows[k]).partition("=")
            out[key] = value
            k += 1
    return out


def wkt(g, crs):
    if not crs:
        return None
    out = TEXT()
    g.OSRExportToWktEx(crs, C.byref(out), (TEXT * 2)(b"FORMAT=WKT2_2019", None))
    return text(out.value)


def described(g, ds):
    rows, cols = g.GDALGetRasterYSize(ds), g.GDALGetRasterXSize(ds)
    transform = (DOUBLE * 6)()
    has_transform = g.GDALGetGeoTransform(ds, transform) == 0
    points = g.GDALGetGCPs(ds)
    points = [[getattr(points[k], name) for name in ("pixel", "line", "x", "y", "z")] for k in range(g.GDALGetGCPCount(ds))]
    return dict(
        rows=rows,
        cols=cols,
        transform=list(transform) if has_transform else None,
        crs=wkt(g, g.GDALGetSpatialRef(ds)),
        gcps=points,
        gcps_crs=wkt(g, g.GDALGetGCPSpatialRef(ds)) if points else None,
        metadata={domain: items(g, ds, domain) for domain in DOMAINS},
        bands=[band(g, g.GDALGetRasterBand(ds, k + 1), rows, cols) for k in range(g.GDALGetRasterCount(ds))],
    )


def band(g, b, rows, cols):
    kind = g.GDALGetRasterDataType(b)
    name = text(g.GDALGetDataTypeName(kind))
    if name not in TYPES:
        raise OSError(f"samples are {name}")
    ok = INT(0)

    def known(function):
        value = function(b, C.byref(ok))
        return value if ok.value else None

    table = g.GDALGetRasterColorTable(b)
    palette = None
    if table:
        entries = [g.GDALGetColorEntry(table, k).contents for k in range(g.GDALGetColorEntryCount(table))]
        palette = [[e.r, e.g, e.b, e.a] for e in entries]
    nodata = known({"Int64": g.GDALGetRasterNoDataValueAsInt64, "UInt64": g.GDALGetRasterNoDataValueAsUInt64}.get(name, g.GDALGetRasterNoDataValue))
    structure = items(g, b, "IMAGE_STRUCTURE")
    # Before 3.7 GDAL has no type for them.
    signed = structure.get("PIXELTYPE") == "SIGNEDBYTE"
    return dict(
        type="Int8" if signed else name,
        samples=pixels(g, b, kind, np.dtype(TYPES[name]).itemsize, rows, cols),
        mask=pixels(g, g.GDALGetMaskBand(b), 1, 1, rows, cols),
        mask_flags=g.GDALGetMaskFlags(b),
        nodata=None if nodata is None else repr(nodata),
        interpretation=text(g.GDALGetColorInterpretationName(g.GDALGetRasterColorInterpretation(b))),
        palette=palette,
        description=text(g.GDALGetDescription(b)),
        unit=text(g.GDALGetRasterUnitType(b)),
        # Where a band has other metadata beside the file, none is 1 and 0.
        scale=known(g.GDALGetRasterScale) or 1.0,
        offset=known(g.GDALGetRasterOffset) or 0.0,
        metadata=items(g, b, ""),
        bits=structure.get("NBITS"),
    )


def pixels(g, b, kind, size, rows, cols):
    out = C.create_string_buffer(rows * cols * size)
    if g.GDALRasterIO(b, 0, 0, 0, cols, rows, out, cols, rows, kind, 0, 0) != 0:
        raise OSError(text(g.CPLGetLastErrorMsg()))
    return base64.b64encode(out.raw).decode()


def same_crs(g, one, other):
    one, other = (g.OSRNewSpatialReference(wkt.encode()) for wkt in (one, other))
    same = bool(g.OSRIsSame(one, other))
    for crs in (one, other):
        g.OSRDestroySpatialReference(crs)
    return same


def main():
    path = find(sys.argv[1])
    if path is None:
        sys.exit(f"no GDAL of the {sys.argv[1]}")
    g = library(path)
    answers = dict(version=lambda: text(g.GDALVersionInfo(b"RELEASE_NAME")), describe=lambda path: describe(g, path), same_crs=lambda a, b: same_crs(g, a, b))
    if len(sys.argv) > 2:
        print(json.dumps(describe(g, sys.argv[2]), indent=1))
        return
    for line in sys.stdin:
        what, *words = json.loads(line)
        print(json.dumps(answers[what](*words)), flush=True)


if __name__ == "__main__":
    main()

"""The files of `check_matrix.py`: what software of all kinds says of samples, place, colours and missing samples, in all its forms.

`cases()` yields (name, make), where `make(path)` writes the file and what is beside it. Everything is derived from the case's name.
"""

import itertools
import zlib

import numpy as np
import tifffile
from affine import Affine
from made import baseline, beside, by_gdal, by_hand, by_tifffile, geokeys, mask_beside, world_file
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp

ROWS, COLS = 24, 40
UTM = dict(crs="EPSG:32633", transform=Affine(30, 0, 5e5, 0, -30, 5.4e6))


def random(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def samples(name, dtype="float32", bands=1, low=3, high=120):
    return random(name).integers(low, high, (bands, ROWS, COLS)).astype(dtype)


def holes(name):
    return np.where(random(name).random((ROWS, COLS)) < 0.3, 0, 255).astype("u1")


NODATA = {
    "uint8": ["0", "255", "-9999", "256", "nan", "3.5", "1e2", " 7 ", "7 0", "7,", "none", ""],
    "int8": ["-128", "127", "-129", "-1"],
    "uint16": ["65535", "-1", "65536", "40000.7"],
    "int16": ["-9999", "-32768", "-9999.4", "-9999 0", "-9999,", "32768", "-9.999e3", "-1.#IND"],
    "uint32": ["4294967295", "4294967295.5", "-9999"],
    "int32": ["-2147483648", "-2147483647.6", "2147483647", "-2.147483648e9"],
    "uint64": ["18446744073709551615", "9007199254740993", "1e16", "-1"],
    "int64": ["-9223372036854775808", "9223372036854775807", "9007199254740993", "-9999", "1e15", "-9999.5"],
    "float16": ["-9999", "65504", "nan"],
    "float32": [
        "-9999", "nan", "NaN", "-nan", "1.#QNAN", "-1.#IND", "inf", "-inf", "-3.4028235e+38", "-3.40282e+38", "-3.40282346638529e+38", "3.4028234663852886e+38",
        "-3.39999999999999996e+38", "-3.4e38", "1e39", "0.1", "-1e38", "0", "-0.0", "1e-45", "-32768", "-32767.5", "16777217", "-99999.9", "None",
    ],
    "float64": ["-9999", "nan", "-3.40282346638529e+38", "-3.4028234663852886e+38", "-1.7976931348623157e+308", "-1.79769313486232e+308", "0.1", "1e300", "inf", "-9999.9", "1e400"],
}


def number_near(text):
    try:
        return float(text.strip().split(" ")[0].rstrip(",").replace("1.#QNAN", "nan").replace("1.#IND", "nan"))
    except ValueError:
        return 0.0


def nodata():
    """Every form of the tag over samples that are the value, near it, and far from it."""
    for dtype, texts in NODATA.items():
        for text in texts:
            def make(path, dtype=dtype, text=text):
                a = samples(text + dtype, dtype, 1)[0]
                value = number_near(text)
                with np.errstate(all="ignore"):
                    if a.dtype.kind == "f":
                        near = np.array([value], dtype)
                        row = [value]
                        for _ in range(8):
                            near = np.nextafter(near, np.array([np.inf], dtype))
                            row.append(near[0])
                        row += [-v for v in row] + [np.nan, np.inf, -np.inf, 0, -0.0, np.finfo(dtype).min, np.finfo(dtype).max, float(np.float32(value)) if dtype != "float16" else 0]
                    else:
                        limits = np.iinfo(dtype)
                        try:
                            whole = int(text)
                        except ValueError:
                            whole = int(value) if np.isfinite(value) else 0
                        row = [min(max(whole + k, int(limits.min)), int(limits.max)) for k in (-2, -1, 0, 1, 2)] + [int(limits.min), int(limits.max), 0]
                    a[2, : len(row)] = np.array(row, dtype)
                by_tifffile(path, a, text)
            yield f"nodata {dtype} '{text}'", make


def masks():
    """Masks inside and beside the file, nodata values and alpha, one over another."""
    kinds = ["none", "inside", "beside", "beside of one band", "both"]
    for kind, value, bands, alpha in itertools.product(kinds, [None, 7], [1, 3], [None, "YES", "PREMULTIPLIED"]):
        name = f"masks {kind}, nodata {value}, bands {bands}, alpha {alpha}"
        if (kind, value, alpha) == ("none", None, None) or (kind == "beside of one band" and bands == 1):
            continue
        def make(path, name=name, kind=kind, value=value, bands=bands, alpha=alpha):
            a = samples(name, "uint8", bands + (alpha is not None), 3, 12)
            if alpha:
                a[-1] = np.where(holes(name + "alpha") == 0, 0, 20 * a[-1])
            inside = holes(name) if kind in ("inside", "both") else None
            by_gdal(path, a, mask=inside, nodata=value, alpha=alpha, photometric="RGB" if bands == 3 else "MINISBLACK", **UTM)
            if kind.startswith("beside") or kind == "both":
                mask_beside(path, holes(name + "beside"), bands=1 if "one" in kind else len(a))
        yield name, make
    for dtype, bands in itertools.product(["int16", "float32", "float64"], [1, 2]):
        for options in [dict(tiled=True, blockxsize=16, blockysize=16), dict(blockysize=5), dict(interleave="band", compress="deflate")]:
            name = f"masks inside {dtype}, bands {bands}, {options}"
            yield name, lambda path, name=name, dtype=dtype, bands=bands, options=options: by_gdal(path, samples(name, dtype, bands), mask=holes(name), nodata=50, **options)
    # A mask of bytes, as libraries other than GDAL write it, and one of whole resolution that is not declared as one.
    for bits, subfile in itertools.product([1, 8], [4, None]):
        name = f"masks by hand, {bits} bits, NewSubfileType {subfile}"
        def make(path, name=name, bits=bits, subfile=subfile):
            mask = holes(name)
            tags, chunks = baseline(mask, t254=None if subfile is None else (4, [subfile]), t262=(3, [4]), t258=(3, [bits]), t339=None)
            if bits == 1:
                chunks = [np.packbits(mask > 0, axis=1).tobytes()]
            by_hand(path, baseline(samples(name, "uint8")[0]), (tags, chunks))
        yield name, make


SRS = "<SRS>EPSG:32634</SRS>"
PLACE = "<GeoTransform>1000, 5, 0, 2000, 0, -5</GeoTransform>"
TURNED = "<GeoTransform>1000, 5, 1, 2000, -2, -5</GeoTransform>"
POINTS = (
    '<GCPList Projection="EPSG:4326"><GCP Id="1" Pixel="0" Line="0" X="10" Y="50"/><GCP Id="2" Pixel="12" Line="0" X="11" Y="50" Z="3"/>'
    '<GCP Id="3" Pixel="0" Line="10" X="10" Y="49"/></GCPList>'
)
ITEMS = '<Metadata><MDI key="A">R&amp;D &lt;x&gt;</MDI><MDI key="AREA_OR_POINT">Point</MDI></Metadata>'
AREA = '<Metadata><MDI key="A">plain</MDI></Metadata>'
RPC = '<Metadata domain="RPC">' + "".join(
    f'<MDI key="{key}">{value}</MDI>' for key, value in [
        ("ERR_BIAS", "1"), ("ERR_RAND", "2"), ("LINE_OFF", "10"), ("SAMP_OFF", "12"), ("LAT_OFF", "50"), ("LONG_OFF", "10"), ("HEIGHT_OFF", "100"), ("LINE_SCALE", "20"),
        ("SAMP_SCALE", "24"), ("LAT_SCALE", "0.1"), ("LONG_SCALE", "0.2"), ("HEIGHT_SCALE", "500"), *((f"{part}_COEFF", " ".join(str(k / 8) for k in range(20))) for part in ("LINE_NUM", "LINE_DEN", "SAMP_NUM", "SAMP_DEN")),
    ]) + "</Metadata>"
BAND = {
    "value": "<NoDataValue>7</NoDataValue>",
    "exact value": '<NoDataValue le_hex_equiv="0000000000001C40">7</NoDataValue>',
    "value nan": "<NoDataValue>nan</NoDataValue>",
    "unit and scale": "<Description>height</Description><UnitType>ft</UnitType><Offset>3</Offset><Scale>2</Scale>",
    "statistics": '<Metadata><MDI key="STATISTICS_MINIMUM">3</MDI><MDI key="STATISTICS_MAXIMUM">119</MDI><MDI key="STATISTICS_MEAN">42</MDI><MDI key="STATISTICS_STDDEV">1.5</MDI></Metadata>',
    "item": '<Metadata><MDI key="B">caf\u00e9 &amp;amp; b</MDI></Metadata>',
    "gray": "<ColorInterp>Gray</ColorInterp>",
    "undefined": "<ColorInterp>Undefined</ColorInterp>",
    "histogram": "<Histograms><HistItem><HistMin>0</HistMin><HistMax>255</HistMax><BucketCount>2</BucketCount><IncludeOutOfRange>0</IncludeOutOfRange><Approximate>0</Approximate><HistCounts>3|5</HistCounts></HistItem></Histograms>",
    "colours": '<ColorInterp>Palette</ColorInterp><ColorTable><Entry c1="1" c2="2" c3="3" c4="255"/><Entry c1="4" c2="5" c3="6" c4="255"/></ColorTable>',
    "categories": "<CategoryNames><Category>a</Category><Category>b</Category></CategoryNames>",
    "mask flags": "<Metadata domain=\"IMAGE_STRUCTURE\"><MDI key=\"NBITS\">7</MDI></Metadata>",
}


def sidecars():
    """What is beside a file, against what is inside it."""
    own = {"nothing": {}, "place": UTM, "place and value": dict(nodata=5, **UTM), "geographic": dict(crs="EPSG:4326", transform=Affine(0.1, 0, 10, 0, -0.1, 50))}
    places = {"-": "", "SRS": SRS, "transform": PLACE, "SRS and transform": SRS + PLACE, "turned": SRS + TURNED, "points": POINTS}
    for (inside, options), (kind, xml) in itertools.product(own.items(), places.items()):
        for world in [None, ".tfw", ".tifw", ".wld"]:
            if world in (".tifw", ".wld") and (inside, kind) not in [("nothing", "-"), ("place", "SRS")] or not (xml or world):
                continue
            name = f"sidecars inside {inside}, aux.xml {kind}, world file {world}"
            def make(path, name=name, options=options, xml=xml, world=world):
                by_gdal(path, samples(name, "int16", 1), **options)
                if xml:
                    beside(path, xml)
                if world:
                    world_file(path, world, [2.0, 0.25, 0.125, -2.0, 100.5, 200.5] if world == ".tfw" else [3.0, 0.0, 0.0, -3.0, 101.5, 202.5])
            yield name, make
    for (inside, options), (kind, xml) in itertools.product([("nothing", {}), ("value", dict(nodata=5)), ("items", dict(tags=dict(A="mine", C="c"), band_tags={1: dict(B="mine", STATISTICS_MEAN="41")}))], BAND.items()):
        name = f"sidecars inside {inside}, band of aux.xml with {kind}"
        def make(path, name=name, options=options, xml=xml):
            by_gdal(path, samples(name, "uint8", 1), **options)
            beside(path, f'<PAMRasterBand band="1">{xml}</PAMRasterBand>')
        yield name, make
    for kind, xml in {"items": ITEMS, "RPC": RPC, "XMP": '<Metadata domain="xml:XMP" format="xml"><a>b</a></Metadata>', "items and values": AREA + '<PAMRasterBand band="2"><NoDataValue>9</NoDataValue></PAMRasterBand>',
                      "values of all": "".join(f'<PAMRasterBand band="{b}"><NoDataValue>9</NoDataValue></PAMRasterBand>' for b in (1, 2))}.items():
        name = f"sidecars two bands, aux.xml with {kind}"
        def make(path, name=name, xml=xml):
            by_gdal(path, samples(name, "uint8", 2), **UTM)
            beside(path, xml)
        yield name, make


CODES = ["EPSG:4326", "EPSG:3857", "EPSG:3395", "EPSG:32733", "EPSG:2154", "EPSG:27700", "EPSG:3035", "EPSG:5070", "EPSG:3031", "EPSG:3413", "EPSG:28992", "EPSG:2056", "EPSG:4979", "EPSG:2263", "EPSG:26917", "EPSG:6933", "EPSG:5514", "EPSG:32633+5773", "EPSG:4258", "ESRI:54009", "ESRI:102003", "OGC:CRS84"]
STRINGS = [
    "+proj=lcc +lat_1=40 +lat_2=50 +lat_0=45 +lon_0=3 +x_0=600000 +y_0=200000 +ellps=GRS80", "+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 +datum=NAD83",
    "+proj=tmerc +lat_0=0 +lon_0=9 +k=0.9996 +x_0=500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7", "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84",
    "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80", "+proj=omerc +lat_0=4 +lonc=102.25 +alpha=323.0257905 +gamma=323.1301023611111 +k=0.99984 +x_0=804671.299775 +ellps=evrstSS",
    "+proj=merc +lon_0=0 +k=1 +datum=WGS84", "+proj=sinu +lon_0=0 +R=6371007.181", "+proj=longlat +a=6378140 +rf=298.257", "+proj=utm +zone=33 +datum=WGS84 +units=us-ft", "+proj=cea +lat_ts=30 +datum=WGS84", "+proj=eqc +datum=WGS84",
]
SHAPES = {
    "north up": Affine(10, 0, 5e5, 0, -10, 5e6), "south up": Affine(10, 0, 5e5, 0, 10, 5e6), "turned": Affine(8, 6, 5e5, 6, -8, 5e6), "mirrored": Affine(-10, 0, 5e5, 0, -10, 5e6),
    "oblong": Affine(10, 0, 5e5, 0, -7.3, 5e6), "tiny": Affine(1e-9, 0, 10, 0, -1e-9, 50), "far": Affine(1 / 3, 0, 1e9 + 1 / 7, 0, -1 / 3, -1e9), "identity": Affine.identity(),
}


def keys():
    """Place: every kind of CRS, transform, and key."""
    for crs in CODES:
        yield f"keys {crs}", lambda path, crs=crs: by_gdal(path, samples(crs, "uint8"), crs=crs, transform=Affine(0.01, 0, 10, 0, -0.01, 50))
    for crs in STRINGS:
        yield f"keys {crs}", lambda path, crs=crs: by_gdal(path, samples(crs, "uint8"), crs=crs, transform=UTM["transform"])
    for (shape, transform), point in itertools.product(SHAPES.items(), [False, True]):
        name = f"keys {shape}, point {point}"
        yield name, lambda path, name=name, transform=transform, point=point: by_gdal(path, samples(name, "uint8"), crs="EPSG:32633", transform=transform, tags=dict(AREA_OR_POINT="Point") if point else None)
    corners = [GroundControlPoint(r, c, 10 + c / 100, 50 - r / 100, h) for r, c, h in [(0, 0, 0), (0, 40, 1), (24, 40, 2), (24, 0, 0), (12, 20.5, 3)]]
    for count, crs in itertools.product([1, 4, 5], ["EPSG:4326", "EPSG:32633"]):
        name = f"keys {count} control points, {crs}"
        yield name, lambda path, name=name, count=count, crs=crs: by_gdal(path, samples(name, "uint8"), points=corners[:count], crs=crs)
    def points_and_world_file(path):
        by_gdal(path, samples("points and world file", "uint8"), points=corners[:4], crs="EPSG:4326")
        world_file(path, ".tfw", [2.0, 0.0, 0.0, -2.0, 100.5, 200.5])
    yield "keys control points inside, a world file beside", points_and_world_file
    utm = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633]
    latin = b"Gr\xe4n|"
    odd = {
        "no CRS but a transform": geokeys([1, 1, 0, 1, 1025, 0, 1, 1]),
        "a scale without keys": [t for t in geokeys(utm) if t[0] != 34735],
        "keys without a scale": geokeys(utm, scale=None, tie=None),
        "a tie point alone": geokeys(utm, scale=None),
        "a tie point elsewhere": geokeys(utm, tie=(5, 7, 0, 500000.0, 4000000.0, 0)),
        "a scale of height": geokeys(utm, scale=(10.0, 10.0, 0.5), tie=(0, 0, 0, 500000.0, 4000000.0, 100.0)),
        "two tie points and a scale": geokeys(utm, tie=(0, 0, 0, 500000.0, 4000000.0, 0, 40, 24, 0, 500400.0, 3999760.0, 0)),
        "a key twice": geokeys([1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632, 3072, 0, 1, 32633]),
        "model 32767": geokeys([1, 1, 0, 3, 1024, 0, 1, 32767, 1025, 0, 1, 1, 3072, 0, 1, 32633]),
        "no model": geokeys([1, 1, 0, 2, 1025, 0, 1, 1, 3072, 0, 1, 32633]),
        "keys out of order": geokeys([1, 1, 0, 3, 3072, 0, 1, 32633, 1025, 0, 1, 1, 1024, 0, 1, 1]),
        "version 1.1.1": geokeys([1, 1, 1, *utm[3:]]),
        "Latin-1 in a citation": geokeys([1, 1, 0, 5, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, 34737, 5, 0, 3072, 0, 1, 32633, 3073, 34737, 5, 5], latin + b"abcd|\0"),
        "a citation without its bar": geokeys([1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, 34737, 4, 0, 3072, 0, 1, 32633], b"abcd\0"),
        "a citation beyond its texts": geokeys([1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, 34737, 40, 0, 3072, 0, 1, 32633], b"abcd|\0"),
        "a raster type of 0": geokeys([1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 0, 3072, 0, 1, 32633]),
        "a raster type of 32767": geokeys([1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 32767, 3072, 0, 1, 32633]),
        "an unknown code": geokeys([1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 31999]),
        "a vertical CRS": geokeys([1, 1, 0, 5, *utm[4:], 4096, 0, 1, 5773, 4099, 0, 1, 9001]),
        "more keys told than there are": geokeys([1, 1, 0, 9, *utm[4:]]),
        "geographic with an angle in gons": geokeys([1, 1, 0, 4, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326, 2054, 0, 1, 9105], scale=(0.1, 0.1, 0.0), tie=(0, 0, 0, 10.0, 50.0, 0)),
        "geocentric": geokeys([1, 1, 0, 3, 1024, 0, 1, 3, 1025, 0, 1, 1, 2048, 0, 1, 4978]),
        "a matrix": [*geokeys(utm, scale=None, tie=None), (34264, 12, 16, (8.0, 6.0, 0.0, 5e5, 6.0, -8.0, 0.0, 5e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))],
        "a matrix and a scale": [*geokeys(utm), (34264, 12, 16, (8.0, 6.0, 0.0, 5e5, 6.0, -8.0, 0.0, 5e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))],
        "a scale of zero": geokeys(utm, scale=(0.0, 0.0, 0.0)),
        "a negative scale": geokeys(utm, scale=(10.0, -10.0, 0.0)),
    }
    for name, tags in odd.items():
        yield f"keys with {name}", lambda path, name=name, tags=tags: by_tifffile(path, samples(name, "uint8")[0], tags=tags)
    feet = {"m": 1, "ft": 2, "us-ft": 3}
    for unit in feet:
        yield f"keys heights in {unit}", lambda path, unit=unit: by_gdal(path, samples(unit, "float32"), units=[unit], names=[f"height, {unit}"], **UTM)


def bits():
    """Samples of other than whole bytes."""
    for count in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16]:
        for photometric, bands, interleave in [("MINISBLACK", 1, "PIXEL"), ("MINISWHITE", 1, "PIXEL"), ("MINISBLACK", 3, "PIXEL"), ("MINISBLACK", 2, "BAND")]:
            name = f"bits {count} {photometric}, {bands} by {interleave}"
            def make(path, name=name, count=count, photometric=photometric, bands=bands, interleave=interleave):
                a = samples(name, "uint8" if count <= 8 else "uint16", bands, 0, 1 << count)
                by_gdal(path, a, nbits=count, photometric=photometric, interleave=interleave, nodata=1 if count % 2 else None, compress="LZW" if count % 3 else None)
            yield name, make
    for count in [1, 4]:
        palette = {k: (5 * k, 200 - k, 7 * k % 256, 255) for k in range(1 << count)}
        yield f"bits {count} with a palette", lambda path, count=count, palette=palette: by_gdal(path, samples(str(count), "uint8", 1, 0, 1 << count), palette, nbits=count)
    for order, bits_ in itertools.product("<>", [1, 4]):
        name = f"bits {bits_} by hand in order {order}, FillOrder 2"
        def make(path, name=name, order=order, bits_=bits_):
            a = samples(name, "uint8", 1, 0, 1 << bits_)[0]
            tags, _ = baseline(a, order, t258=(3, [bits_]), t266=(3, [2]), t339=None)
            packed = np.packbits(a.astype(bool), axis=1) if bits_ == 1 else (a[:, ::2] << 4 | a[:, 1::2]).astype("u1")
            by_hand(path, (tags, [packed.tobytes().translate(bytes(int(f"{k:08b}"[::-1], 2) for k in range(256)))]), order=order)
        yield name, make


def colours():
    """Photometry, palettes, profiles, and colours that codecs change."""
    for dtype, photometric in itertools.product(["uint8", "uint16", "int16", "float32"], ["MINISBLACK", "MINISWHITE"]):
        name = f"colours {dtype} {photometric}"
        yield name, lambda path, name=name, dtype=dtype, photometric=photometric: by_gdal(path, samples(name, dtype), photometric=photometric)
    for dtype, transparent in itertools.product(["uint8", "uint16"], [False, True]):
        name = f"colours palette of {dtype}, transparent {transparent}"
        def make(path, name=name, dtype=dtype, transparent=transparent):
            palette = {k: (k % 256, 255 - k % 256, 3 * k % 256, 0 if transparent and k == 7 else 255) for k in range(256)}
            by_gdal(path, samples(name, dtype), palette, nodata=7 if transparent else None)
        yield name, make
    for bands, alpha, interleave, photometric in itertools.product([2, 4, 5], [None, "YES", "PREMULTIPLIED"], ["PIXEL", "BAND"], ["RGB", "MINISBLACK"]):
        if photometric == "RGB" and bands < 4:
            continue
        name = f"colours {bands} bands {photometric}, alpha {alpha}, by {interleave}"
        def make(path, name=name, bands=bands, alpha=alpha, interleave=interleave, photometric=photometric):
            a = samples(name, "uint8", bands)
            a[-1, :, ::3] = 0
            by_gdal(path, a, photometric=photometric, alpha=alpha, interleave=interleave)
        yield name, make
    for name, interpretation in {"reversed": ["blue", "green", "red"], "alpha first": ["alpha", "red", "green"], "undefined": ["undefined"] * 3, "grey and alpha": ["gray", "alpha"], "hue": ["hue", "saturation", "lightness"]}.items():
        yield f"colours {name}", lambda path, name=name, interpretation=interpretation: by_gdal(path, samples(name, "uint8", len(interpretation)), interpretation=[ColorInterp[one] for one in interpretation])
    for photometric, bands in [("CMYK", 4), ("CIELAB", 3), ("ICCLAB", 3), ("YCBCR", 3)]:
        name = f"colours {photometric}"
        yield name, lambda path, name=name, photometric=photometric, bands=bands: tifffile.imwrite(path, np.moveaxis(samples(name, "uint8", bands), 0, 2), photometric={"CMYK": "separated"}.get(photometric, photometric.lower()), metadata=None, software=False, **(dict(subsampling=(1, 1)) if photometric == "YCBCR" else {}))
    for subsampling, level, shape in itertools.product([(1, 1), (2, 1), (2, 2)], [60, 95], [dict(tile=(16, 16)), dict(rowsperstrip=16), {}]):
        name = f"colours JPEG {subsampling} {level} {shape}"
        def make(path, name=name, subsampling=subsampling, level=level, shape=shape):
            tifffile.imwrite(path, np.moveaxis(samples(name, "uint8", 3), 0, 2), photometric="rgb", compression="jpeg", compressionargs=dict(level=level), subsampling=subsampling, metadata=None, **shape)
        yield name, make
    for bands, options in [(1, {}), (3, dict(photometric="YCBCR")), (3, dict(photometric="RGB")), (4, dict(photometric="RGB", alpha="YES")), (3, dict(interleave="BAND"))]:
        name = f"colours GDAL's JPEG of {bands} {options}"
        yield name, lambda path, name=name, bands=bands, options=options: by_gdal(path, samples(name, "uint8", bands), compress="JPEG", **options)
    for codec, dtype in [("WEBP", "uint8"), ("LERC", "float32"), ("LERC_ZSTD", "int16"), ("LERC_DEFLATE", "float64"), ("ZSTD", "float32"), ("LZW", "int16"), ("PACKBITS", "uint8"), ("DEFLATE", "float64"), ("LZMA", "int16")]:
        name = f"colours {codec} {dtype}"
        yield name, lambda path, name=name, codec=codec, dtype=dtype: by_gdal(path, samples(name, dtype, 3), compress=codec, **(dict(webp_lossless="YES") if codec == "WEBP" else {}))
    xmp = b"<x:xmpmeta>caf\xc3\xa9</x:xmpmeta>"
    records = {
        "an ICC profile": [(34675, 7, 560, bytes(random("icc").integers(0, 256, 560, "uint8")))], "XMP": [(700, 1, len(xmp), xmp)], "RPC": [(50844, 12, 92, tuple(float(k) / 7 for k in range(92)))],
        "range": [(280, 3, 1, 3), (281, 3, 1, 777)], "primaries": [(318, 5, 2, (3127, 10000, 329, 1000)), (319, 5, 6, (64, 100, 33, 100, 3, 10, 6, 10, 15, 100, 6, 100))],
        "texts": [(269, 2, 4, "doc"), (270, 2, 5, "caf\u00e9".encode("latin-1")), (305, 2, 5, "soft"), (306, 2, 20, "2020:01:02 03:04:05"), (315, 2, 7, "R&D <x>"), (316, 2, 5, "host"), (33432, 2, 5, "me 1")],
        "GDAL's items": [(42112, 2, 0, '<GDALMetadata><Item name="OWNER">AT&amp;amp;T</Item><Item name="UNIT" role="unittype" sample="0">ft</Item><Item name="X" sample="0">1</Item><Item name="D" domain="OTHER">d</Item></GDALMetadata>')],
        "scale and offset": [(42112, 2, 0, '<GDALMetadata><Item name="SCALE" sample="0" role="scale">0.1</Item><Item name="OFFSET" sample="0" role="offset">-5</Item><Item name="DESCRIPTION" sample="0" role="description">heights</Item></GDALMetadata>')],
        "items broken off": [(42112, 2, 0, '<GDALMetadata><Item name="OWNER">AT</Item><Item name="Y">cut')],
    }
    yield "colours with a resolution", lambda path: by_tifffile(path, samples("resolution", "uint16")[0], resolution=(300, 299.5), resolutionunit=3)
    for name, tags in records.items():
        yield f"colours with {name}", lambda path, name=name, tags=tags: by_tifffile(path, samples(name, "uint16")[0], tags=tags)


def layouts():
    """Files byte by byte: orders, headers, tags that are left out, have another type, or are out of order."""
    for order, big, dtype in itertools.product("<>", [False, True], ["uint8", "int16", "float16", "float32", "float64", "int64", "int8"]):
        name = f"layouts {order} big {big} {dtype}"
        yield name, lambda path, name=name, order=order, big=big, dtype=dtype: by_hand(path, baseline(samples(name, dtype, 1)[0], order, t42113=(2, b"50\0")), order=order, big=big)
    a = samples("layouts", "uint8")[0]
    odd = {
        "without BitsPerSample and Photometric of bits": dict(t258=None, t259=None, t277=None, t284=None, t339=None, bits=True),
        "without SampleFormat": dict(t339=None), "without PlanarConfig": dict(t284=None), "without RowsPerStrip": dict(t278=None), "without SamplesPerPixel": dict(t277=None), "without Compression": dict(t259=None),
        "without Photometric": dict(t262=None), "with RowsPerStrip of 2^32 - 1": dict(t278=(4, [2**32 - 1])), "with RowsPerStrip beyond the rows": dict(t278=(3, [1000])), "with widths of 32 bits": dict(t256=(4, [COLS]), t257=(4, [ROWS])),
        "with SampleFormat 4": dict(t339=(3, [4])), "with SampleFormat 2": dict(t339=(3, [2])), "with Orientation 1": dict(t274=(3, [1])), "with Orientation 4": dict(t274=(3, [4])), "with Orientation 6": dict(t274=(3, [6])),
        "with an unknown tag": dict(t65000=(2, b"mine\0")), "with ExtraSamples too many": dict(t338=(3, [0])), "with Predictor 1": dict(t317=(3, [1])), "without StripByteCounts": dict(t279=None), "with a nodata tag that does not end": dict(t42113=(2, b"50")),
        "with a nodata tag of numbers": dict(t42113=(12, [50.0])), "with a PageNumber": dict(t297=(3, [0, 1])), "with Subfile of a page": dict(t254=(4, [2])), "with OldSubfile 3": dict(t255=(3, [3])),
    }
    for name, more in odd.items():
        def make(path, more=more):
            more = dict(more)
            bits_ = more.pop("bits", False)
            tags, chunks = baseline(a, **more)
            by_hand(path, (tags, [np.packbits(a > 50, axis=1).tobytes()] if bits_ else chunks))
        yield f"layouts {name}", make
    tags, chunks = baseline(a)
    yield "layouts with tags out of order", lambda path: by_hand(path, (dict([(273, (4, [8])), (279, (4, [a.size])), *reversed(sorted(tags.items()))]), chunks))
    parts = [a[k : k + 5].tobytes() for k in range(0, ROWS, 5)]
    for name, strips in {"strips": parts, "strips left out": [None, *parts[1:3], None, parts[4]], "strips in another order of sizes": parts}.items():
        yield f"layouts {name}", lambda path, strips=strips: by_hand(path, (baseline(a, t278=(3, [5]), t42113=(2, b"9\0"))[0], strips))
    three = np.moveaxis(samples("three", "uint16", 3), 0, 2)
    yield "layouts bands apart", lambda path: by_hand(path, (baseline(three, t284=(3, [2]))[0], [three[:, :, k].astype("<u2").tobytes() for k in range(3)]))
    yield "layouts one BitsPerSample for three bands", lambda path: by_hand(path, baseline(three, t258=(3, [16])))
    yield "layouts a page of another size", lambda path: by_hand(path, baseline(a), baseline(np.tile(a, (2, 2))))
    yield "layouts an overview", lambda path: by_hand(path, baseline(a), baseline(a[::2, ::2], t254=(4, [1])))
    def with_sub_ifd(path):
        with tifffile.TiffWriter(path) as out:
            out.write(a, subifds=1, metadata=None)
            out.write(a[::2, ::2], subfiletype=1, metadata=None)
    yield "layouts a sub-IFD", with_sub_ifd
    tile = np.zeros((32, 48), "u1")
    tile[:ROWS, :COLS] = a
    yield "layouts a tile larger than the raster", lambda path: by_hand(path, (baseline(a, t278=None, t322=(3, [48]), t323=(3, [32]))[0], [tile.tobytes()]))


def mixtures():
    """Several of these at once, drawn so that every pair of values is met now and then."""
    axes = dict(
        dtype=["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64", "int64", "int8"],
        bands=[1, 1, 2, 3],
        nodata=[None, 7, 50, 100],
        inside=[False, False, True],
        layout=[dict(tiled=True, blockxsize=16, blockysize=32), dict(blockysize=3), dict(compress="DEFLATE", predictor=2), dict(compress="ZSTD", interleave="BAND"), dict(BIGTIFF="YES"), dict(ENDIANNESS="BIG")],
        place=[{}, UTM, dict(crs="EPSG:4326", transform=Affine(0.1, 0, 10, 0, -0.1, 50)), dict(transform=Affine(2, 0.5, 7, 0.25, -3, 9))],
        beside=["", "", SRS, PLACE, SRS + PLACE, AREA, ITEMS, '<PAMRasterBand band="1">' + BAND["unit and scale"] + "</PAMRasterBand>", '<PAMRasterBand band="1">' + BAND["statistics"] + "</PAMRasterBand>"],
        world=[None, None, ".tfw", ".wld"],
        msk=[False, False, True],
        tags=[None, dict(A="1", OWNER="AT&T"), dict(TIFFTAG_COPYRIGHT="me", AREA_OR_POINT="Point")],
        units=[None, "ft", "m"],
    )
    for number in range(80):
        rng = random(f"mixture {number}")
        case = {axis: values[rng.integers(len(values))] for axis, values in axes.items()}
        def make(path, number=number, case=case):
            name = f"mixture {number}"
            a = samples(name, case["dtype"], case["bands"])
            more = dict(case["layout"], **case["place"])
            by_gdal(path, a, mask=holes(name) if case["inside"] else None, nodata=case["nodata"], tags=case["tags"], units=[case["units"]] * len(a) if case["units"] else None, **more)
            if case["beside"]:
                beside(path, case["beside"])
            if case["world"]:
                world_file(path, case["world"], [2.0, 0.0, 0.0, -2.0, 100.5, 200.5])
            if case["msk"]:
                mask_beside(path, holes(name + "beside"), bands=len(a))
        yield f"mixture {number}", make


def cases():
    for group in [nodata, masks, sidecars, keys, bits, colours, layouts, mixtures]:
        yield from group()

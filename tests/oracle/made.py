"""Files as other people's software makes them: by GDAL (rasterio), by tifffile, and byte by byte."""

import struct

import numpy as np
import rasterio
import tifffile

GDAL_NODATA = 42113
TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q"}


def by_gdal(path, a, palette=None, mask=None, interpretation=None, tags=None, band_tags=None, points=None, units=None, names=None, scales=None, offsets=None, **options):
    """Samples of bands by rows by columns; a mask goes inside the file, and control points have the CRS of `crs`."""
    profile = dict(driver="GTiff", width=a.shape[2], height=a.shape[1], count=a.shape[0], dtype=a.dtype.name, **options)
    if points:
        profile["gcps"] = points
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(path, "w", **{key: value for key, value in profile.items() if value is not None}) as out:
            if palette:
                out.write_colormap(1, palette)
            if interpretation:
                out.colorinterp = interpretation
            for key, value in dict(units=units, descriptions=names, scales=scales, offsets=offsets).items():
                if value is not None:
                    setattr(out, key, value)
            out.write(a)
            if mask is not None:
                out.write_mask(mask)
            if tags:
                out.update_tags(**tags)
            for band, items in (band_tags or {}).items():
                out.update_tags(band, **items)


def by_tifffile(path, a, nodata=None, tags=(), **options):
    """Samples as tifffile takes them; `nodata` is the text of the tag, and further tags are (number, type, count, value)."""
    extra = [] if nodata is None else [(GDAL_NODATA, "s", 0, nodata, True)]
    tifffile.imwrite(path, a, extratags=[*extra, *((*tag, True) for tag in tags)], metadata=None, software=False, **options)


def geokeys(directory, ascii_=b"", doubles=(), scale=(10.0, 10.0, 0.0), tie=(0, 0, 0, 500000.0, 4000000.0, 0)):
    """The tags of a GeoKey directory with a scale and a tie point (or without, where these are None)."""
    tags = [(34735, 3, len(directory), tuple(directory))]
    if scale is not None:
        tags.append((33550, 12, 3, scale))
    if tie is not None:
        tags.append((33922, 12, len(tie), tie))
    if len(doubles):
        tags.append((34736, 12, len(doubles), tuple(doubles)))
    if ascii_:
        tags.append((34737, 2, len(ascii_), ascii_))
    return sorted(tags)


def by_hand(path, *pages, order="<", big=False):
    """A TIFF of these pages, (tags, chunks) each: tags are {number: (type, values)}, written in the order of the dict, and chunks are
    the bytes of the strips, or of the tiles where the tags have a TileWidth. None as a chunk is one that is left out."""
    word, letter = (8, "Q") if big else (4, "I")
    out = bytearray({"<": b"II", ">": b"MM"}[order])
    out += struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
    link = len(out)
    out += bytes(word)

    def place(data):
        out.extend(bytes(-len(out) % 8))
        at = len(out)
        out.extend(data)
        return at

    for tags, chunks in pages:
        places = [0 if chunk is None else place(chunk) for chunk in chunks]
        sizes = [0 if chunk is None else len(chunk) for chunk in chunks]
        offsets, counts = (324, 325) if 322 in tags else (273, 279)
        tags = {offsets: (16 if big else 4, places), counts: (16 if big else 4, sizes), **tags}
        if all(number <= 65535 for number in tags) and list(tags)[2:] == sorted(list(tags)[2:]):
            tags = dict(sorted(tags.items()))
        entries = []
        for number, (kind, values) in tags.items():
            if values is None:
                continue
            if kind in (2, 7):
                data, count = bytes(values), len(values)
            else:
                values = np.ravel(values).tolist()
                data, count = struct.pack(f"{order}{len(values)}{TYPES[kind][0]}", *values), len(values) // len(TYPES[kind])
            entries.append((number, kind, count, data))
        packed = []
        for number, kind, count, data in entries:
            value = data.ljust(word, b"\0") if len(data) <= word else struct.pack(order + letter, place(data))
            packed.append(struct.pack(order + "HH" + letter, number, kind, count) + value)
        at = place(struct.pack(order + ("Q" if big else "H"), len(packed)) + b"".join(packed) + bytes(word))
        out[link:link + word] = struct.pack(order + letter, at)
        link = len(out) - word
    with open(path, "wb") as file:
        file.write(out)


def baseline(a, order="<", **more):
    """The tags and the strip of a page of samples of rows by columns (by bands); `more` are tags by number, `t258=...`, or None to leave one out."""
    bands = a.shape[2] if a.ndim == 3 else 1
    kind = {"u": 1, "i": 2, "f": 3}[a.dtype.kind]
    tags = {
        256: (3, [a.shape[1]]), 257: (3, [a.shape[0]]), 258: (3, [a.dtype.itemsize * 8] * bands), 259: (3, [1]), 262: (3, [1]),
        277: (3, [bands]), 278: (3, [a.shape[0]]), 284: (3, [1]), 339: (3, [kind] * bands),
    }
    for name, value in more.items():
        tags[int(name[1:])] = value if value is not None else (3, None)
    return dict(sorted(tags.items())), [a.astype(a.dtype.newbyteorder(order)).tobytes()]


def beside(path, inside):
    """An `.aux.xml` beside a file."""
    with open(f"{path}.aux.xml", "w", encoding="utf-8") as file:
        file.write(f"<PAMDataset>{inside}</PAMDataset>")


def world_file(path, name, numbers):
    with open(path.removesuffix(".tif") + name, "w") as file:
        file.write("".join(f"{number!r}\n" for number in numbers))


def mask_beside(path, mask, flags=2, bands=1):
    with rasterio.open(f"{path}.msk", "w", driver="GTiff", width=mask.shape[1], height=mask.shape[0], count=1, dtype="uint8", compress="deflate") as out:
        out.write(mask[None])
        if flags is not None:
            out.update_tags(**{f"INTERNAL_MASK_FLAGS_{band + 1}": flags for band in range(bands)})

#!/usr/bin/env python3
"""Headers that promise far more than their files hold: `swath info`, `validate` and the plan of a copy must end soon and in little memory.

    hostile_headers.py SWATH [--every N] [--seconds S] [--mebibytes M] [--keep FOLDER]

Makes some 200 structured TIFFs (most are sparse files of a few KiB on disk), runs `info` on each, `validate` and a planned copy in a host
budget of 64 MiB, and measures processor time and peak resident memory of every run. An end by a signal, a panic (status 101), more than
`--seconds` or more than `--mebibytes` is a failure. `--every N` takes each N-th file. Needs nothing but Python's standard library.
"""

import argparse
import os
import signal
import struct
import sys
import tempfile
import threading

BYTE, ASCII, SHORT, LONG, RATIONAL, DOUBLE, LONG8 = 1, 2, 3, 4, 5, 12, 16
WIDTH = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, DOUBLE: 8, LONG8: 8}
BIG = 2**31 - 1


class Tiff:
    """A BigTIFF, little-endian, written in pieces: what is not written is a hole of zeros."""

    def __init__(self):
        self.pieces = [(0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16))]
        self.at = 16
        self.length = 0

    def put(self, data):
        at = self.at
        self.pieces.append((at, data))
        self.at += len(data)
        return at

    def hole(self, length):
        at = self.at
        self.at += length
        return at

    def directory(self, tags, following=None):
        """Tags are (number, kind, count, value): the value as bytes, or a number for the offset of what is somewhere else. `following`:
        where the next directory is; None is behind this one, 0 nowhere."""
        entries = []
        size = 8 + 20 * len(tags) + 8
        start = self.at
        self.at += size
        for number, kind, count, value in sorted(tags, key=lambda tag: tag[0]):
            if isinstance(value, bytes):
                value = value.ljust(8, b"\0") if len(value) <= 8 else struct.pack("<Q", self.put(value))
            else:
                value = struct.pack("<Q", value)
            entries.append(struct.pack("<HHQ", number, kind, count) + value)
        link = self.at if following is None else following
        self.pieces.append((start, struct.pack("<Q", len(tags)) + b"".join(entries) + struct.pack("<Q", link)))
        return start

    def write(self, path):
        with open(path, "wb") as file:
            for at, data in self.pieces:
                file.seek(at)
                file.write(data)
            file.truncate(max(self.length, self.at))


def short(*values):
    return (SHORT, len(values), struct.pack(f"<{len(values)}H", *values))


def long(*values):
    return (LONG, len(values), struct.pack(f"<{len(values)}I", *values))


def text(value):
    return (ASCII, len(value) + 1, value.encode() + b"\0")


def base(cols=64, rows=64, bits=8, codec=1, samples=1, **more):
    tags = {256: long(cols), 257: long(rows), 258: short(bits), 259: short(codec), 262: short(1), 277: short(samples)}
    tags.update({int(key[1:]): value for key, value in more.items()})
    return tags


def listed(tags):
    return [(number, *value) for number, value in tags.items()]


def strips(tiff, tags, chunks, first=None, length=100):
    """Adds an index of so many chunks. Small ones are written; large ones are holes, which is all chunks sparse."""
    tiled = 322 in tags
    offsets, lengths = (324, 325) if tiled else (273, 279)
    if chunks <= 1 << 12:
        at = tiff.hole(length) if first is None else first
        tags[offsets] = (LONG8, chunks, struct.pack(f"<{chunks}Q", *[at] * chunks))
        tags[lengths] = (LONG, chunks, struct.pack(f"<{chunks}I", *[length] * chunks))
    else:
        tags[offsets] = (LONG8, chunks, tiff.hole(8 * chunks))
        tags[lengths] = (LONG, chunks, tiff.hole(4 * chunks))
    return tags


def image(tags, chunks, **index):
    tiff = Tiff()
    strips(tiff, tags, chunks, **index)
    start = tiff.at
    tiff.directory(listed(tags), following=0)
    tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, start))
    return tiff


def ceil(a, b):
    return -(-a // b)


def shapes():
    """Rasters of extreme sides in chunks of odd sides: what plans are made for."""
    sides = [(1, BIG), (BIG, 1), (BIG, BIG), (BIG, 61), (61, BIG), (1 << 20, 1 << 20), (65_537, 1 << 24), (1 << 24, 65_537)]
    heights = [1, 61, 509, 8191, 65_521, 1_000_003, 16_769_023]
    for cols, rows in sides:
        for height in heights:
            for codec in (1, 8):
                chunks = ceil(rows, height)
                if chunks <= 1 << 22 and cols * height <= 1 << (44 if codec == 1 else 32):
                    yield f"strips of {height} rows of {cols} x {rows}, codec {codec}", image(base(cols, rows, codec=codec, t278=long(height)), chunks)
    for cols, rows in sides:
        for width, height in [(16, 16), (1, 8191), (8191, 1), (509, 61), (4096, 65_521), (65_521, 4099)]:
            chunks = ceil(cols, width) * ceil(rows, height)
            if chunks <= 1 << 22:
                yield f"tiles of {width} x {height} of {cols} x {rows}", image(base(cols, rows, codec=50000, t322=long(width), t323=long(height)), chunks)


def indices():
    """Chunk indices that are longer than memory."""
    for power in (20, 24, 25, 26, 30):
        yield f"2^{power} sparse chunks", image(base(64, 1 << power, t278=long(1)), 1 << power)
        yield f"2^{power} sparse tiles", image(base(16 << (power // 2), 16 << ceil(power, 2), codec=8, t322=long(16), t323=long(16)), 1 << power)
    tiff = image(base(64, 1 << 20, t278=long(1)), 1 << 20)
    tags = base(64, 1 << 20, t278=long(1))
    tags[273] = (LONG, 1 << 20, tiff.put(struct.pack("<I", 8) * (1 << 20)))
    tags[279] = (LONG, 1 << 20, tiff.put(struct.pack("<I", 64) * (1 << 20)))
    tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
    tiff.directory(listed(tags), following=0)
    yield "a million strips in one place", tiff
    # All overlap each other by one byte less.
    tags[273] = (LONG, 1 << 20, tiff.put(b"".join(struct.pack("<I", 8 + k) for k in range(1 << 20))))
    overlapping = Tiff()
    overlapping.pieces, overlapping.at = list(tiff.pieces), tiff.at
    overlapping.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, overlapping.at))
    overlapping.directory(listed(tags), following=0)
    yield "a million strips over each other", overlapping
    for bands in (256, 65_535):
        yield f"{bands} planes", image(base(16, 16, samples=bands, t284=short(2)), bands)
        yield f"{bands} bands", image(base(16, 16, samples=bands), 1, length=256 * bands)
        yield f"{bands} planes of many strips", image(base(16, 61, samples=bands, codec=8, t284=short(2), t278=long(1)), 61 * bands)
    yield "a chunk of nearly all of the file", image(base(64, 64, codec=8), 1, length=1 << 31)
    yield "a JPEG of nearly all of the file", image(base(64, 64, codec=7), 1, length=1 << 31)


def counts():
    """Tags of more values than anything needs."""
    tags = {
        258: SHORT, 338: SHORT, 339: SHORT, 320: SHORT, 530: SHORT, 34735: SHORT, 34736: DOUBLE, 34737: ASCII, 33550: DOUBLE, 33922: DOUBLE,
        34264: DOUBLE, 42112: ASCII, 42113: ASCII, 270: ASCII, 305: ASCII, 347: BYTE, 330: LONG8, 529: RATIONAL, 532: RATIONAL, 700: BYTE,
        34675: BYTE, 33723: LONG, 34665: LONG8, 50674: LONG, 256: LONG, 273: LONG,
    }
    for number, kind in tags.items():
        for count in (65_535, 1 << 18, 1 << 24, 1 << 31):
            of = base()
            if number == 347:
                of[259] = short(7)
            if number in (529, 532, 530):
                of.update({262: short(6), 277: short(3), 530: short(1, 1)})
            tiff = Tiff()
            strips(tiff, of, 1, length=64 * 64 * 3)
            of[number] = (kind, count, tiff.hole(count * WIDTH[kind]))
            tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
            tiff.directory(listed(of), following=0)
            yield f"tag {number} of {count} values", tiff


def chains():
    """Directories without end, and many that share what they point at."""
    for share, many in ((1 << 10, 1024), (240_000, 1024), (1 << 20, 64)):
        tiff = Tiff()
        of = strips(tiff, base(64, share, t278=long(1)), share)
        tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
        for k in range(many):
            tiff.directory(listed({**of, 254: long(1 if k else 0)}), following=0 if k + 1 == many else None)
        yield f"{many} directories of one index of {share}", tiff
    for many in (2000, 20_000):
        tiff = Tiff()
        of = strips(tiff, base(), 1, length=4096)
        tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
        for _ in range(many):
            tiff.directory(listed({**of, 254: long(2)}))
        yield f"{many} pages and an end in the open", tiff
    # A thousand directories, each naming a thousand others of four thousand entries.
    tiff = Tiff()
    of = strips(tiff, base(), 1, length=4096)
    inner = tiff.directory([(1000 + k, SHORT, 1, b"\1\0") for k in range(4096)], following=0)
    tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
    subs = struct.pack("<1024Q", *[inner] * 1024)
    place = tiff.put(subs)
    tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
    for k in range(1024):
        tiff.directory(listed({**of, 330: (LONG8, 1024, place), 254: long(2)}), following=0 if k == 1023 else None)
    yield "a million sub-directories", tiff
    for number in (34665, 34853):
        tiff = Tiff()
        of = strips(tiff, base(), 1, length=4096)
        long_value = tiff.hole(1 << 20)
        inner = tiff.directory([(1000, BYTE, 1 << 20, long_value)] * 4096, following=0)
        of[number] = (LONG8, 1, struct.pack("<Q", inner))
        tiff.pieces[0] = (0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, tiff.at))
        tiff.directory(listed(of), following=0)
        yield f"directory {number} of four thousand times the same mebibyte", tiff


def texts():
    """Metadata that are slow to read, of few bands and of many."""
    item = '<Item name="STATISTICS_MEAN" sample="{}">{}</Item>'
    kinds = {
        "ampersands": "<GDALMetadata><Item name=\"a\">" + "&" * 3_000_000 + "</Item></GDALMetadata>",
        "ampersands in a name": "<GDALMetadata><Item name=\"" + "&" * 3_000_000 + "\">a</Item></GDALMetadata>",
        "open items": "<Item>" * 500_000,
        "nested items": "<Item name=\"a\">" * 200_000,
        "many items": "<GDALMetadata>" + "".join(item.format(k, k) for k in range(50_000)) + "</GDALMetadata>",
        "empty items": "<Item name=\"a\"/>" * 190_000,
        "comments": "<!--" * 750_000,
        "attributes": "<Item " + "a=\"b\" " * 500_000 + "name=\"a\">c</Item>",
        "open CDATA": "<Item name=\"a\"><![CDATA[" + "]" * 3_000_000,
        "less than a megabyte of NULs": "\0" * 900_000,
    }
    for what, xml in kinds.items():
        for bands in (1, 65_535):
            yield f"metadata of {what}, {bands} bands", image(base(16, 16, samples=bands, t42112=text(xml)), 1, length=256 * bands)
    keys = [1, 1, 0, 65_535] + [1024, 34737, 65_535, 0] * 16_000
    yield "keys that are all one long text", image(base(t34735=short(*keys), t34737=text("x" * 65_535)), 1, length=4096)
    yield "a nodata value of 4,000 digits", image(base(t42113=text("9" * 4000)), 1, length=4096)


def sidecars():
    """A plain file with what is beside it."""
    item = "<MDI key=\"k{}\">{}</MDI>"
    kinds = {
        "items": "<PAMDataset><Metadata>" + "".join(item.format(k, k) for k in range(33_000)) + "</Metadata></PAMDataset>",
        "the same item": "<PAMDataset><Metadata>" + item.format(1, 1) * 33_000 + "</Metadata></PAMDataset>",
        "levels": "<PAMDataset>" * 100_000,
        "ampersands": "<PAMDataset><SRS>" + "&" * 4_000_000 + "</SRS></PAMDataset>",
        "brackets": "<PAMDataset><SRS>" + "PROJCS[" * 500_000 + "</SRS></PAMDataset>",
        "sixteen mebibytes": "<PAMDataset><SRS>" + "x" * (16 << 20) + "</SRS></PAMDataset>",
        "bands": "<PAMDataset>" + "".join(f"<PAMRasterBand band=\"{k}\"><NoDataValue>{k}</NoDataValue></PAMRasterBand>" for k in range(1, 15_000)) + "</PAMDataset>",
    }
    for what, xml in kinds.items():
        yield f"beside it {what}", image(base(16, 16, samples=16_000), 1, length=256 * 16_000), xml


def files():
    for family in (shapes, indices, counts, chains, texts):
        for name, tiff in family():
            yield name, tiff, None
    yield from sidecars()


def write(folder, every):
    """Writes each `every`-th file, and their names, in a process of its own: what a process held counts for those that it starts."""
    child = os.fork()
    if child == 0:
        with open(os.path.join(folder, "names"), "w") as names:
            for number, (name, tiff, beside) in enumerate(files()):
                if number % every == 0:
                    path = os.path.join(folder, f"{number:03}.tif")
                    tiff.write(path)
                    if beside:
                        with open(path + ".aux.xml", "w") as file:
                            file.write(beside)
                    names.write(f"{path}\t{name}\n")
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("the files could not be made")
    with open(os.path.join(folder, "names")) as names:
        return [line.rstrip("\n").split("\t") for line in names]


def run(words, seconds):
    """Status, seconds of the processor, and mebibytes of peak resident memory."""
    out = os.open(os.devnull, os.O_WRONLY)
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)])
    os.close(out)
    killer = threading.Timer(60 + 20 * seconds, os.kill, (pid, signal.SIGKILL))
    killer.start()
    _, status, usage = os.wait4(pid, 0)
    killer.cancel()
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("swath")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--mebibytes", type=float, default=64.0)
    parser.add_argument("--keep")
    given = parser.parse_args()
    swath = os.path.abspath(given.swath)
    failed, runs, slowest, largest = 0, 0, (0.0, ""), (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        for path, name in write(given.keep or folder, given.every):
            jobs = [
                [swath, "info", path],
                [swath, "info", path, "--json"],
                [swath, "validate", path],
                [swath, "convert", path, os.path.join(folder, "out.tif"), "--dry-run", "--host-memory", "64M", "--backend", "cpu"],
            ]
            for words in jobs:
                status, seconds, mebibytes = run(words, given.seconds)
                runs += 1
                what = f"{os.path.basename(path)[:3]} {words[1]}{' --json' if '--json' in words else ''}: {name}"
                slowest, largest = max(slowest, (seconds, what)), max(largest, (mebibytes, what))
                if status < 0 or status > 2 or seconds > given.seconds or mebibytes > given.mebibytes:
                    failed += 1
                    print(f"status {status}, {seconds:.2f} s, {mebibytes:.0f} MiB: {what}", flush=True)
    print(f"{runs} runs; slowest {slowest[0]:.2f} s ({slowest[1]}); largest {largest[0]:.0f} MiB ({largest[1]}); {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

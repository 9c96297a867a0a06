#!/usr/bin/env python3
"""The awkward rasters, as files to try things on: one of every shape, content, type and tiling below.

    make_awkward.py FOLDER

Prints one path a line. EPSG:32633, 10 m cells, nodata -9999. The Rust tests make the same table themselves
(tests/operators/awkward.rs), so that they need no oracle; this one is for other programs and for looking at by hand.
"""
import os
import sys

import numpy as np

SHAPES = [(1, 1), (1, 37), (37, 1), (2, 2), (2, 37), (3, 3), (17, 19), (67, 131), (257, 63)]
CONTENTS = ["valid", "all_missing", "nan_islands", "flat"]
NODATA = -9999


def heights(rows, cols, content):
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float64)
    z = 800 + 60 * np.sin(x / 7) * np.cos(y / 5) + 25 * np.sin(x * y / 90) + 3 * np.cos(x * 2.3 + y * 1.7)
    z = np.rint(z * 100) / 100
    if content == "flat":
        z[:] = 412
    if content == "nan_islands":
        z[(x.astype(int) * 7 + y.astype(int) * 13) % 29 == 0] = np.nan
    if content == "all_missing":
        z[:] = np.nan
    return z


def main():
    import rasterio
    from rasterio.transform import from_origin

    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for rows, cols in SHAPES:
        for content in CONTENTS:
            z = heights(rows, cols, content)
            for dtype in ("float32", "int16"):
                for tile in (None, 16, 512):
                    for declared in (True, False) if dtype == "float32" else (True,):
                        # Without a declared value, missing samples are NaN in the file.
                        stored = np.where(np.isnan(z), NODATA, z) if declared else z
                        how = "strips" if tile is None else f"tiles{tile}"
                        name = f"{rows}x{cols}_{content}_{dtype}_{how}{'' if declared else '_nan'}.tif"
                        layout = {} if tile is None else dict(tiled=True, blockxsize=tile, blockysize=tile)
                        path = os.path.join(folder, name)
                        with rasterio.open(path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype=dtype,
                                           nodata=NODATA if declared else None, crs="EPSG:32633",
                                           transform=from_origin(500000, 5400000, 10, 10), **layout) as d:
                            d.write((np.rint(stored) if dtype == "int16" else stored).astype(dtype), 1)
                        print(path)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The error of slope and aspect on geographic coordinates against a local metric projection, at several latitudes.

    geodesic_error.py SWATH [OPTION ...]        prints a Markdown table; exit 1 where a bound is exceeded

The surface is analytic, so that nothing is interpolated: waves over the ellipsoid, z(x, y) in metres of easting and northing of
an azimuthal equidistant projection (PROJ's, ellipsoidal) about the raster's middle. The model that swath reads holds z at the
centres of cells of equal angles, about 30 m wide. What it makes of them is compared twice, in float64:

* with Horn's slope on a metric grid: at each cell a 3 x 3 stencil of 30 m steps true east and true north, laid out in that
  projection: what is left is the price of working on angles;
* with the surface's true slope, from the derivatives of z turned to true north and rid of the projection's own scale: this adds
  what Horn's differences make of waves of 60 cells' length.

The last column is the slope with one scale for the whole file, as `gdaldem -s 111120` has it, against the same metric grid.
Needs numpy, pyproj and rasterio.
"""
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pyproj
import rasterio
from rasterio.transform import from_origin

SIDE = 181  # odd: the raster's middle is a cell's
CELL_M = 30.0
# Degrees; the first grows towards the poles, where a row's cells are no longer alike.
SLOPE_BOUND, ASPECT_BOUND = 0.005, 0.1
LATITUDES = [0, 15, 30, 45, 60, 75, 85, 89]
HEIGHT_M = 150.0
WAVE_M = 60 * CELL_M


def surface(x, y):
    k = 2 * math.pi / WAVE_M
    z = HEIGHT_M * (np.sin(k * x) * np.cos(0.7 * k * y) + 0.5 * np.sin(0.4 * k * (x + y)))
    p = HEIGHT_M * k * (np.cos(k * x) * np.cos(0.7 * k * y) + 0.2 * np.cos(0.4 * k * (x + y)))
    q = HEIGHT_M * k * (-0.7 * np.sin(k * x) * np.sin(0.7 * k * y) + 0.2 * np.cos(0.4 * k * (x + y)))
    return z, p, q


def slope_aspect(p, q):
    return np.degrees(np.arctan(np.hypot(p, q))), np.degrees(np.arctan2(-p, -q)) % 360


def radii(latitude):
    geod = pyproj.Geod(ellps="WGS84")
    s2 = math.sin(math.radians(latitude)) ** 2
    w2 = 1 - geod.es * s2
    n = geod.a / math.sqrt(w2)
    return n, n * (1 - geod.es) / w2


def turn(a, b):
    apart = np.abs(a - b) % 360
    return np.minimum(apart, 360 - apart)


def case(latitude, swath, options):
    prime, meridian = radii(latitude)
    d_lon = math.degrees(CELL_M / (prime * math.cos(math.radians(latitude))))
    d_lat = math.degrees(CELL_M / meridian)
    longitude = 11.0
    left, top = longitude - SIDE / 2 * d_lon, latitude + SIDE / 2 * d_lat
    lon = left + (np.arange(SIDE) + 0.5) * d_lon
    lat = top - (np.arange(SIDE) + 0.5) * d_lat
    lon, lat = np.meshgrid(lon, lat)
    local = pyproj.Proj(proj="aeqd", ellps="WGS84", lat_0=latitude, lon_0=longitude)
    x, y = local(lon, lat)
    z, p, q = surface(x, y)
    # A step of one metre east or north on the ellipsoid, in the plane: the projection's Jacobian by central differences.
    step = 1e-5
    n, m = np.vectorize(lambda v: radii(v)[0])(lat), np.vectorize(lambda v: radii(v)[1])(lat)
    east_m = np.radians(2 * step) * n * np.cos(np.radians(lat))
    north_m = np.radians(2 * step) * m
    xe, ye = (np.array(b) - np.array(a) for a, b in zip(local(lon - step, lat), local(lon + step, lat)))
    xn, yn = (np.array(b) - np.array(a) for a, b in zip(local(lon, lat - step), local(lon, lat + step)))
    east, north = (p * xe + q * ye) / east_m, (p * xn + q * yn) / north_m
    slope, aspect = slope_aspect(east, north)
    inner = (slice(1, -1), slice(1, -1))
    # The same by Horn on a metric grid: unit vectors true east and north, in the plane.
    ux, uy, vx, vy = xe / east_m, ye / east_m, xn / north_m, yn / north_m
    w = {(i, j): surface(x + CELL_M * (i * ux + j * vx), y + CELL_M * (i * uy + j * vy))[0] for i in (-1, 0, 1) for j in (-1, 0, 1)}
    by_east = (w[1, 1] + 2 * w[1, 0] + w[1, -1]) - (w[-1, 1] + 2 * w[-1, 0] + w[-1, -1])
    by_north = (w[-1, 1] + 2 * w[0, 1] + w[1, 1]) - (w[-1, -1] + 2 * w[0, -1] + w[1, -1])
    metric_slope, metric_aspect = slope_aspect(by_east / (8 * CELL_M), by_north / (8 * CELL_M))
    with tempfile.TemporaryDirectory() as scratch:
        dem = pathlib.Path(scratch) / "dem.tif"
        profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="float64", crs="EPSG:4326", transform=from_origin(left, top, d_lon, d_lat))
        with rasterio.open(dem, "w", **profile) as out:
            out.write(z, 1)

        def run(operator, *more):
            path = pathlib.Path(scratch) / "out.tif"
            subprocess.run([swath, operator, dem, path, "--overwrite", "-q", *more, *options], check=True)
            with rasterio.open(path) as made:
                return made.read(1).astype(np.float64)

        ours, ours_aspect = run("slope"), run("aspect")
        one_scale = run("slope", "--scale", "111120")
    steep = metric_slope[inner] > 1
    return [
        np.abs(ours - metric_slope)[inner].max(),
        turn(ours_aspect, metric_aspect)[inner][steep].max(),
        np.abs(ours - slope)[inner].max(),
        turn(ours_aspect, aspect)[inner][steep].max(),
        np.abs(one_scale - metric_slope)[inner].max(),
    ]


def main():
    swath, options = sys.argv[1], sys.argv[2:]
    print("| latitude | slope, metric grid | aspect, metric grid | slope, true | aspect, true | slope with one scale |")
    print("|---|---|---|---|---|---|")
    beyond = 0
    for latitude in LATITUDES:
        row = case(latitude, swath, options)
        print(f"| {latitude}° | " + " | ".join(f"{v:.1g}°" if v < 0.1 else f"{v:.2f}°" for v in row) + " |", flush=True)
        beyond += row[0] > SLOPE_BOUND or row[1] > ASPECT_BOUND
    sys.exit(int(beyond > 0))


if __name__ == "__main__":
    main()

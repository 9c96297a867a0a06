#!/usr/bin/env python3
"""Points through a CRS as it was typed and as the file that swath wrote says it: `check_crs_points.py SWATH [COUNT SEED]`.

Random PROJ strings and WKTs. swath may refuse one by name; where it writes one, PROJ must take the same ground for the same numbers.
"""

import os
import random
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.env import Env
from rasterio.transform import from_origin
from rasterio.warp import transform

warnings.simplefilter("ignore")
SWATH = os.path.abspath(sys.argv[1])
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 120
RANDOM = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)

DHDN = 'GEOGCRS["DHDN",DATUM["own",ELLIPSOID["Bessel 1841",6377397.155,299.1528128,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0],CS[ellipsoidal,2],AXIS["lat",north],AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433]]'
WGS = 'GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],CS[ellipsoidal,2],AXIS["lat",north],AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]'
THREE = 'PARAMETER["X-axis translation",598.1,ID["EPSG",8605]],PARAMETER["Y-axis translation",73.7,ID["EPSG",8606]],PARAMETER["Z-axis translation",418.2,ID["EPSG",8607]]'
SEVEN = THREE + ',PARAMETER["X-axis rotation",0.202,ID["EPSG",8608]],PARAMETER["Y-axis rotation",0.045,ID["EPSG",8609]],PARAMETER["Z-axis rotation",-2.455,ID["EPSG",8610]],PARAMETER["Scale difference",1.0000067,ID["EPSG",8611]]'
TM = f'PROJCRS["g",BASE{DHDN.replace("CS[ellipsoidal,2],AXIS[" + chr(34) + "lat" + chr(34) + ",north],AXIS[" + chr(34) + "lon" + chr(34) + ",east],", "")},CONVERSION["c",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",9,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",1,SCALEUNIT["unity",1],ID["EPSG",8805]],PARAMETER["False easting",3500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["e",east],AXIS["n",north],LENGTHUNIT["metre",1]]'


def bound(source, method, code, parameters):
    return f'BOUNDCRS[SOURCECRS[{source}],TARGETCRS[{WGS}],ABRIDGEDTRANSFORMATION["x",METHOD["{method}",ID["EPSG",{code}]],{parameters}]]'


TEXTS = [bound(source, *rest) for source in (DHDN, TM) for rest in (("Position Vector transformation (geog2D domain)", 9606, SEVEN), ("Coordinate Frame rotation (geog2D domain)", 9607, SEVEN), ("Geocentric translations (geog2D domain)", 9603, THREE))]
METHODS = {
    "tmerc": "lat_0 lon_0 k x_0 y_0", "merc": "lat_0 lat_ts lon_0 k x_0 y_0", "lcc": "lat_1 lat_2 lat_0 lon_0 k_0 x_0 y_0", "laea": "lat_0 lon_0 x_0 y_0",
    "aea": "lat_1 lat_2 lat_0 lon_0 x_0 y_0 k", "aeqd": "lat_0 lon_0 x_0 y_0", "eqdc": "lat_1 lat_2 lat_0 lon_0 x_0 y_0", "stere": "lat_0 lat_ts lon_0 k x_0 y_0",
    "sterea": "lat_0 lon_0 k x_0 y_0", "eqc": "lat_ts lat_0 lon_0 x_0 y_0", "cass": "lat_0 lon_0 x_0 y_0 k", "poly": "lat_0 lon_0 x_0 y_0 k", "robin": "lon_0 x_0 y_0 lat_0",
    "sinu": "lon_0 x_0 y_0", "cea": "lat_ts lon_0 x_0 y_0", "mill": "lon_0 x_0 lat_0 R_A", "vandg": "lon_0 x_0 R_A", "utm": "zone south", "webmerc": "lon_0 x_0 k", "ortho": "lat_0 lon_0", "gnom": "lat_0 lon_0",
    "omerc": "lat_0 lonc alpha gamma k x_0 y_0 no_uoff",
}  # fmt: skip
BASES = ["+datum=WGS84", "+datum=NAD83", "+ellps=intl", "+ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7", "+R=6370000", "+a=6378137 +b=6378137 +nadgrids=@null", "+ellps=GRS80 +pm=paris"]
UNITS = ["", "", "+units=m", "+units=km", "+units=us-ft", "+to_meter=0.5"]


def number(word):
    if word in ("lat_0", "lat_1", "lat_2"):
        return RANDOM.choice([0, 40, 45.5, 50, 52])
    if word == "lat_ts":
        return RANDOM.choice([0, 30, 45])
    if word in ("lon_0", "lonc"):
        return RANDOM.choice([0, 9, 10.5, 12])
    if word in ("k", "k_0"):
        return RANDOM.choice([1, 1, 0.9996])
    if word in ("alpha", "gamma"):
        return RANDOM.choice([30, 53.25])
    if word == "zone":
        return RANDOM.choice([31, 32, 33])
    return RANDOM.choice([0, 500000, -1000.5])


def string():
    method = RANDOM.choice(list(METHODS))
    words = [f"+proj={method}"]
    for word in METHODS[method].split():
        if word in ("south", "no_uoff", "R_A"):
            words += [f"+{word}"] * RANDOM.randrange(2)
        elif word in ("zone", "lat_1", "lat_2", "lonc", "alpha") or RANDOM.random() < 0.6:
            words.append(f"+{word}={number(word)}")
    if method == "stere" and RANDOM.random() < 0.5:
        words = [word for word in words if not word.startswith("+lat_0")] + ["+lat_0=90"]
    return " ".join([*words, RANDOM.choice(BASES), RANDOM.choice(UNITS), "+no_defs"])


def main():
    refused, cannot, wrong, same = {}, 0, 0, 0
    # Ground around the origins.
    lon, lat = [x.ravel().tolist() for x in np.meshgrid(np.linspace(4, 16, 5), np.linspace(41, 55, 5))]
    with tempfile.TemporaryDirectory() as folder, Env(OSR_STRIP_TOWGS84="NO"):
        source, out = os.path.join(folder, "in.tif"), os.path.join(folder, "out.tif")
        with rasterio.open(source, "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", transform=from_origin(0, 2, 1, 1)) as file:
            file.write(np.zeros((1, 2, 2), np.uint8))
        for text in TEXTS + [string() for _ in range(COUNT)]:
            try:
                meant = CRS.from_user_input(text)
                x, y = transform("EPSG:4326", meant, lon, lat)
            except Exception:
                cannot += 1
                continue
            if not np.isfinite(x).all():
                cannot += 1
                continue
            ran = subprocess.run([SWATH, "convert", source, out, "--crs", text, "--overwrite", "-q"], capture_output=True, text=True)
            if ran.returncode == 2:
                reason = ran.stderr.strip().split("CRS: ")[-1]
                refused[reason] = refused.get(reason, 0) + 1
                continue
            if ran.returncode != 0:
                sys.exit(f"{text}: {ran.stderr}")

            def apart_of(path):
                with rasterio.open(path) as file:
                    back_lon, back_lat = transform(file.crs, "EPSG:4326", x, y)
                return 111e3 * max(np.abs(np.subtract(back_lon, lon)).max(), np.abs(np.subtract(back_lat, lat)).max())

            apart = apart_of(out)
            if not apart < 0.01:
                # PROJ may take another way to WGS 84 for keys than for a string, from GDAL's own file, too.
                own = os.path.join(folder, "own.tif")
                with rasterio.open(own, "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs=meant, transform=from_origin(0, 2, 1, 1)) as file:
                    file.write(np.zeros((1, 2, 2), np.uint8))
                apart = abs(apart - apart_of(own))
            if not apart < 0.01:
                wrong += 1
                print(f"{text}: {apart} m apart")
            else:
                same += 1
    if "-v" in sys.argv or COUNT > 500:
        for reason, count in sorted(refused.items(), key=lambda item: -item[1]):
            print(f"refused {count}: {reason}")
    print(f"{same} CRSs place points where they were, {sum(refused.values())} are refused, {cannot} are not PROJ's, {wrong} wrong")
    return wrong > 0 or same < COUNT // 4


sys.exit(main())

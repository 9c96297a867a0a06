#!/usr/bin/env python3
"""Makes src/raster/crs/epsg.tsv from PROJ's database: `make_epsg_table.py .../proj.db > src/raster/crs/epsg.tsv`.

One CRS a line, tab-separated, ascending by code: code, kind, then
  P  base geographic CRS, unit of length, name      projected
  G  unit of angle, semi-major axis in metres, inverse flattening (0: a sphere), name      geographic, two axes
  3  geographic CRS of two axes, name      geographic, three axes
  C  horizontal CRS, vertical CRS, name      compound
  V  unit of length, name      vertical
  T  name      geocentric: no CRS of a raster, but worth a message of its own
"""

import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
meta = dict(db.execute("select key, value from metadata"))

UNIT = """(select uom_code from axis where axis.coordinate_system_auth_name = {0}.coordinate_system_auth_name
          and axis.coordinate_system_code = {0}.coordinate_system_code and coordinate_system_order = 1)"""

lines = {}
for code, base, unit, name in db.execute(
    f"select code, geodetic_crs_code, {UNIT.format('c')}, name from projected_crs c where auth_name = 'EPSG'"
):
    lines[code] = ("P", base, unit, name)
for code, kind, unit, datum, name in db.execute(
    f"select code, type, {UNIT.format('c')}, datum_code, name from geodetic_crs c where auth_name = 'EPSG'"
):
    if kind == "geographic 2D":
        axis, factor, flattening, minor = db.execute(
            """select semi_major_axis, conv_factor, inv_flattening, semi_minor_axis from geodetic_datum d
               join ellipsoid e on e.auth_name = d.ellipsoid_auth_name and e.code = d.ellipsoid_code
               join unit_of_measure u on u.auth_name = e.uom_auth_name and u.code = e.uom_code
               where d.auth_name = 'EPSG' and d.code = ?""",
            (datum,),
        ).fetchone()
        if flattening is None:
            flattening = 0 if axis == minor else axis / (axis - minor)
        lines[code] = ("G", unit, f"{axis * factor:.15g}", f"{flattening:.16g}", name)
    elif kind == "geographic 3D":
        flat = db.execute(
            "select min(code) from geodetic_crs where auth_name = 'EPSG' and type = 'geographic 2D' and datum_code = ? and name = ?",
            (datum, name),
        ).fetchone()[0]
        lines[code] = ("3", flat or "", name)
    else:
        lines[code] = ("T", name)
for code, unit, name in db.execute(f"select code, {UNIT.format('c')}, name from vertical_crs c where auth_name = 'EPSG'"):
    lines[code] = ("V", unit, name)
for code, across, up, name in db.execute(
    "select code, horiz_crs_code, vertical_crs_code, name from compound_crs where auth_name = 'EPSG' and horiz_crs_auth_name = 'EPSG'"
):
    lines[code] = ("C", across, up, name)

print(f"# EPSG Geodetic Parameter Dataset {meta['EPSG.VERSION']} ({meta['EPSG.DATE']}) of IOGP, as in PROJ {meta['PROJ.VERSION']}; see scripts/make_epsg_table.py")
for code in sorted(lines, key=int):
    # Keys hold 16 bits.
    if int(code) < 32767:
        print(code, *lines[code], sep="\t")

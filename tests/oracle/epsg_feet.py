#!/usr/bin/env python3
"""Writes src/raster/epsg_feet.rs: the EPSG codes of projected CRSs whose coordinates are feet, as PROJ's database has them.

GDAL leaves ProjLinearUnitsGeoKey out of some files whose CRS has a code. Needs pyproj. Usage: epsg_feet.py > src/raster/epsg_feet.rs
"""
import pyproj
from pyproj.database import query_crs_info
from pyproj.enums import PJType

UNITS = {"US survey foot": [], "foot": []}


def listed(name, what, codes):
    text = ", ".join(map(str, codes))
    lines, line = [], "   "
    for word in text.split(" "):
        if len(line) + 1 + len(word) > 139:
            lines.append(line)
            line = "   "
        line += " " + word
    return f"/// {what}\npub const {name}: &[u16] = &[\n" + "\n".join([*lines, line + ","]) + "\n];\n"


for info in query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS], allow_deprecated=True):
    unit = pyproj.CRS.from_epsg(int(info.code)).axis_info[0].unit_name
    if unit in UNITS and int(info.code) < 65536:
        UNITS[unit].append(int(info.code))

print("//! Projected CRSs in feet, by EPSG code, in order; written by `tests/oracle/epsg_feet.py`.\n")
print(listed("SURVEY_FEET", "In US survey feet, 1200/3937 m.", sorted(UNITS["US survey foot"])))
print(listed("INTERNATIONAL_FEET", "In international feet, 0.3048 m.", sorted(UNITS["foot"])), end="")

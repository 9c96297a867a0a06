#!/usr/bin/env python3
"""Rules of `swath reclassify` applied by numpy, sample by sample, to compare a file with.

    reclassify.py IN.tif OUT.tif RULES        exits 1 where OUT is not what RULES make of IN

Numbers of rules are float32, as the samples are once they are read.
"""
import re
import sys

import numpy as np
import rasterio


def expected(z, missing, rules):
    out = np.full(z.shape, np.nan)
    named = missing.copy()
    default = nodata = None
    for rule in filter(None, (r.strip() for r in rules.split(";"))):
        source, target = (part.strip() for part in rule.split("="))
        value = z.astype(np.float64) if target == "PASS_THROUGH" else np.float64("nan" if target == "NO_DATA" else np.float32(target))
        if source == "DEFAULT":
            default = value
        elif source == "NO_DATA":
            nodata = value
        else:
            ends = re.fullmatch(r"([\[(])(.*),(.*)([\])])", source)
            opening, first, last, closing = ends.groups() if ends else ("[", source, source, "]")
            first, last = np.float32(first), np.float32(last)
            inside = (z >= first if opening == "[" else z > first) & (z <= last if closing == "]" else z < last) & ~missing
            assert not (inside & named).any(), f"{rule} names samples that another rule names"
            named |= inside
            out = np.where(inside, value, out)
    if default is not None:
        out = np.where(~named, default, out)
    if nodata is not None:
        out = np.where(missing, nodata, out)
    return out


def main():
    source, result, rules = sys.argv[1:]
    with rasterio.open(source) as dataset:
        raw = dataset.read(1)
        missing = np.isnan(raw.astype(np.float64)) if dataset.nodata is None else raw == dataset.nodata
        wanted = expected(raw.astype(np.float32), missing, rules)
    with rasterio.open(result) as dataset:
        got = dataset.read(1).astype(np.float64)
        got = np.where(got == dataset.nodata, np.nan, got)
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    print(f"{same.sum()} of {same.size} are the same; {len(np.unique(wanted))} classes, {np.isnan(wanted).sum()} missing")
    if not same.all():
        row, col = np.argwhere(~same)[0]
        print(f"row {row}, column {col}: {raw[row, col]} became {got[row, col]}, not {wanted[row, col]}")
    sys.exit(0 if same.all() else 1)


if __name__ == "__main__":
    main()

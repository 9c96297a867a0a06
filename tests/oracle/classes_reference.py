"""Float64 references of what classifies, colours and standardises, and of surface normals, for accuracy_table.py.

Each takes z (2-D, NaN = missing) and a variant as `value` reads it, and returns float64 in z's shape, with a last axis of bands
where the operator has several. Samples are float32, so float64 comparisons with what is rounded to float32 are exact.
"""
import re
import subprocess

import numpy as np

import reference as ref

TOKEN = re.compile(r"\s*(?:([A-Za-z_]\w*)|(-?(?:inf|\d[\w.]*(?:e-?\d+)?)|-?NaN)|(.))")


class Value(dict):
    """A struct, with its name and its fields."""

    def __init__(self, name, fields):
        super().__init__(fields)
        self.name = name


def value(debug):
    """A Rust value as `{:?}` prints it: structs as dictionaries, `Name(a, b)` as ("Name", a, b), `Some(a)` as a."""
    tokens = [next(t for t in m.groups() if t is not None) for m in TOKEN.finditer(debug)]
    at = 0

    def peek():
        return tokens[at] if at < len(tokens) else None

    def take(expected=None):
        nonlocal at
        token = tokens[at]
        if expected is not None and token != expected:
            raise ValueError(f"{expected} was expected, not {token}")
        at += 1
        return token

    def several(closing):
        found = []
        while peek() != closing:
            found.append(one())
            if peek() == ",":
                take()
        take(closing)
        return found

    def one():
        token = take()
        if token in "[(":
            return several({"[": "]", "(": ")"}[token])
        if token in ("true", "false", "None"):
            return {"true": True, "false": False, "None": None}[token]
        if re.fullmatch(r"-?(inf|NaN|\d.*)", token):
            return float(token) if re.search(r"[.infNaNe]", token) else int(token)
        if peek() == "(":
            take()
            inner = several(")")
            return inner[0] if token == "Some" else (token, *inner)
        if peek() == "{":
            take()
            fields = {}
            while peek() != "}":
                name = take()
                take(":")
                fields[name] = one()
                if peek() == ",":
                    take()
            take("}")
            return Value(token, fields)
        return token

    return one()


def normals(z, o, cell):
    """Parts east, north and up by way of the angles of slope and aspect."""
    cells = cell * (o["xscale"] or 1.0), cell * (o["yscale"] or 1.0)
    p, q = ref.gradient(z, *cells, "horn" if o["gradient_alg"] == "Horn" else "zt", {"Extrapolate": True, "Missing": False}.get(o["edges"], o["edges"]))
    steepness, downhill = np.arctan(np.hypot(p, q) * o["zfactor"]), np.arctan2(-q, -p)
    out = np.stack([np.sin(steepness) * np.cos(downhill), np.sin(steepness) * np.sin(downhill), np.cos(steepness)], axis=-1)
    return np.where(np.isnan(z)[..., None], np.nan, out)


def reclassify(z, o):
    missing = np.isnan(z)
    becomes = lambda to: z if to == "PassThrough" else np.float64(np.nan if to == "NoData" else np.float32(to[1]))  # noqa: E731
    out, otherwise, gap, named = np.full(z.shape, np.nan), np.nan, np.nan, missing.copy()
    for rule in o["rules"]:
        to = becomes(rule["to"])
        if rule["from"] == "Default":
            otherwise = to
        elif rule["from"] == "NoData":
            gap = to
        else:
            _, (first, with_first), (last, with_last) = rule["from"]
            first, last = (np.float64(np.float32(end)) for end in (first, last))
            inside = (z >= first if with_first else z > first) & (z <= last if with_last else z < last)
            assert not (inside & named).any(), f"{rule} names samples that another rule names"
            named |= inside
            out = np.where(inside, to, out)
    return np.where(missing, gap, np.where(named, out, otherwise))


def stops(o):
    """Numbers and colours in ascending order, and the colour of missing samples, or None."""
    least, greatest = o["range"] or (None, None)
    found, missing = [], None
    for entry in o["colors"]:
        if entry["at"] == "Missing":
            missing = entry["color"]
        else:
            kind, at = entry["at"]
            found.append((at if kind == "Value" else least + (greatest - least) * at / 100, entry["color"]))
    return sorted(found), missing


def color_map(z, o):
    found, missing = stops(o)
    places = np.array([at for at, _ in found])
    assert len(set(places)) == len(places), "numbers that are given twice are tried elsewhere"
    colors = np.array([color for _, color in found], np.float64)
    under = np.searchsorted(places, np.nan_to_num(z), side="right") - 1
    below, above = np.clip(under, 0, None), np.clip(under + 1, None, len(places) - 1)
    low, high = places[below], places[above]
    exact = (low == z)[..., None]
    if o["selection"] == "Exact":
        out = np.where(exact, colors[below], 0)
    elif o["selection"] == "Nearest":
        out = np.where(((z - low < high - z) | (below == above))[..., None], colors[below], colors[above])
        out = np.where(exact, colors[below], out)
    else:
        share = np.where(high > low, (z - low) / np.where(high > low, high - low, 1), 0)[..., None]
        out = np.where(exact, colors[below], np.floor(0.45 + colors[below] + share * (colors[above] - colors[below])))
    if o["selection"] != "Exact":
        out = np.where((under < 0)[..., None], colors[0], out)
    out = np.where(np.isnan(z)[..., None], [0, 0, 0, 0] if missing is None else missing, out)
    return out if o["add_alpha"] else out[..., :3]


def color_relief(folder, source, z, o):
    """`gdaldem color-relief` of it, and which pixels are compared: without `nv`, gdaldem colours missing as the least height, and
    of exact entries its search finds only some (it leaves samples that equal the others without a colour)."""
    found, missing = stops(o)
    table, made = folder / "colors.txt", folder / "colors.img"
    lines = [f"{at!r} {' '.join(map(str, color))}" for at, color in found]
    table.write_text("\n".join(lines + ([] if missing is None else [f"nv {' '.join(map(str, missing))}"])) + "\n")
    options = {"Interpolate": [], "Exact": ["-exact_color_entry"], "Nearest": ["-nearest_color_entry"]}[o["selection"]]
    options += ["-alpha"] if o["add_alpha"] else []
    subprocess.run(["gdaldem", "color-relief", source, table, made, "-q", "-of", "ENVI", *options], check=True)
    bands = 4 if o["add_alpha"] else 3
    theirs = np.moveaxis(np.fromfile(made, "u1").astype(np.float64).reshape(bands, *z.shape), 0, -1)
    compared = np.full(z.shape, True) if missing is not None else ~np.isnan(z)
    if o["selection"] == "Exact":
        compared &= ~(np.isin(z, [at for at, _ in found]) & (theirs == 0).all(-1))
    return theirs, compared[..., None]


def standardise(z, o):
    return np.where(np.isnan(z), np.nan, (z - o["mean"]) / o["stddev"] if o["stddev"] else 0.0)


def classes(z, breaks):
    """1 to one more than there are breaks; a sample that equals a break is of the class above."""
    return np.where(np.isnan(z), np.nan, np.digitize(z, np.array(breaks, np.float32).astype(np.float64)) + 1.0)


def equal_interval(z, o):
    least, greatest = o["range"]
    if least == greatest:
        # One value is of the first class, and what is above it of the last.
        return classes(z, [np.nextafter(np.float32(least), np.float32(np.inf))] * (o["classes"] - 1))
    return classes(z, [least + k * (greatest - least) / o["classes"] for k in range(1, o["classes"])])


def quantile(z, o):
    return classes(z, o["breaks"])

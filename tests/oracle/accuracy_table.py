#!/usr/bin/env python3
"""The accuracy table of docs/ACCURACY.md: every operator of the registry against float64, CPU twin and GPU, and against gdaldem.

    accuracy_table.py SWATH [--adapter NAME] [--hardware NAME] [--update docs/ACCURACY.md]

Runs `swath selftest --dump`, which computes every variant of every operator over a synthetic model (2 % missing, 10 m cells, 0 to
2000 m) with both twins, and computes the same here with numpy in float64. An operator that has no reference here is compared with its
own float64 twin where it has one, and is named as lacking a reference where it has not. Exit 1 where a bound of FACTS is exceeded.
--hardware adds a column for another adapter.
"""
import argparse
import ast
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import classes_reference as classified  # noqa: E402
import reference as ref  # noqa: E402

CELL = 10.0
MARKS = ("<!-- accuracy_table.py -->", "<!-- end -->")
# Where the reference is smaller than this share of the greatest, an ulp says nothing.
SMALL = 1e-3
# Bounds that may not be exceeded, in units: against float64.
BOUNDS = {"slope": 2e-5, "aspect": 5e-5, "hillshade": 5e-7 * 254, "curvature": 1e-6, "northness": 1e-6, "eastness": 1e-6, "normals": 5e-7}
BOUNDS |= {name: 0 for name in ("reclassify", "color-map", "equal-interval", "quantile", "clamp", "cast")}
# Variants with structs within structs.
STRUCTURED = ("Cast", "Normals", "Reclassify", "ColorMap", "Standardise", "EqualInterval", "Quantile")


def fields(debug):
    """The fields of a Rust value as `{:?}` prints it."""
    if debug.startswith(STRUCTURED):
        return classified.value(debug)
    if debug.startswith("Calc("):
        return {"text": ast.literal_eval(debug[len("Calc"):])}
    body = debug[debug.index("{"):] if "{" in debug else "{}"
    body = re.sub(r"Some\(([^()]*)\)", r"\1", body)
    body = re.sub(r"(\w+):", r"'\1':", body)
    body = re.sub(r"(?<![\w'.])([A-Za-z_]\w*)(?!['\w])", lambda m: {"true": "True", "false": "False", "None": "None"}.get(m[1], f"'{m[1]}'"), body)
    return ast.literal_eval(body)


def edges(o):
    return {"Extrapolate": True, "Missing": False}.get(o["edges"], o["edges"])


def cells(o):
    return CELL * (o.get("xscale") or 1.0), CELL * (o.get("yscale") or 1.0)


def algorithm(o):
    return "horn" if o["gradient_alg"] == "Horn" else "zt"


def gradient(z, o):
    """p and q; missing as the operator's edges have it."""
    p, q = ref.gradient(z, *cells(o), algorithm(o), edges(o))
    return (np.where(np.isnan(z), np.nan, v) for v in (p, q))


def slope(z, o):
    p, q = gradient(z, o)
    rise = np.hypot(p, q) * o["zfactor"]
    return 100 * rise if o["unit"] == "Percent" else np.degrees(np.arctan(rise))


def facing(z, o, of):
    p, q = gradient(z, o)
    flat = 0.0 if o["zero_for_flat"] else np.nan
    return np.where((p == 0) & (q == 0), flat, of(p, q)) + 0 * p


def aspect(z, o):
    trigonometric = o["convention"] == "TrigonometricAngle"
    return facing(z, o, lambda p, q: np.degrees(np.arctan2(-q, -p) if trigonometric else np.arctan2(-p, -q)) % 360)


def hillshade(z, o):
    p, q = gradient(z, o)
    p, q = p * o["zfactor"], q * o["zfactor"]
    steepness = np.hypot(p, q)
    if o["variant"] == "Regular":
        h = np.maximum(0, ref.shade(p, q, o["azimuth"], o["altitude"]))
    elif o["variant"] == "Combined":
        incidence = np.arccos(np.clip(ref.shade(p, q, o["azimuth"], o["altitude"]), -1, 1))
        h = np.maximum(0, 1 - incidence * np.arctan(steepness) / (np.pi / 2) ** 2)
    elif o["variant"] == "Multidirectional":
        downslope, h = np.arctan2(-p, -q), 0.0
        for azimuth in (225.0, 270.0, 315.0, 360.0):
            weight = np.where(steepness > 0, np.cos(downslope - np.radians(azimuth)) ** 2, 0.5)
            h = h + 0.5 * weight * np.maximum(0, ref.shade(p, q, azimuth, o["altitude"]))
    else:
        apart = np.abs(np.degrees(np.arctan2(-p, -q)) - o["azimuth"]) % 360
        apart = np.minimum(apart, 360 - apart)
        return np.maximum(1, 255 * (1 - np.degrees(np.arctan(steepness)) / 90 * apart / 180))
    return 1 + 254 * h


def curvature(z, o):
    a, b, c, d, e, f, g, h, i = ref.windows(z, edges(o), straight=True)
    dx, dy = cells(o)
    if o["algorithm"] == "Evans":
        p, q = (c + f + i - a - d - g) / 6 / dx, (a + b + c - g - h - i) / 6 / dy
        r, t = (a + c + d + f + g + i - 2 * (b + e + h)) / 3 / dx**2, (a + b + c + g + h + i - 2 * (d + e + f)) / 3 / dy**2
    else:
        p, q, r, t = (f - d) / 2 / dx, (b - h) / 2 / dy, (d + f - 2 * e) / dx**2, (b + h - 2 * e) / dy**2
    s = (c + g - a - i) / 4 / dx / dy
    strict = 0 * (a + b + c + d + e + f + g + h + i)
    p, q, r, s, t = (o["zfactor"] * v for v in (p, q, r, s, t))
    steep, normal = p * p + q * q, 1 + p * p + q * q
    with np.errstate(all="ignore"):
        across = (r * q * q - 2 * s * p * q + t * p * p) / steep
        value = {
            "Total": lambda: -100 * (r + t),
            "Profile": lambda: np.where(steep == 0, 0, -100 * (r * p * p + 2 * s * p * q + t * q * q) / steep),
            "Plan": lambda: np.where(steep == 0, 0, 100 * across),
            "Tangential": lambda: np.where(steep == 0, 0, -100 * across / np.sqrt(normal)),
            "Mean": lambda: -50 * ((1 + q * q) * r - 2 * p * q * s + (1 + p * p) * t) / normal**1.5,
            "Gaussian": lambda: 1e4 * (r * t - s * s) / normal**2,
        }[o["kind"]]()
    return np.where(np.isnan(z), np.nan, value + strict)


def padded(z, r, border):
    if border == "Extrapolate":
        return np.pad(z, r, mode="reflect", reflect_type="odd")
    if border == "Wrap":
        return np.pad(np.pad(z, ((0, 0), (r, r)), mode="wrap"), ((r, r), (0, 0)), constant_values=np.nan)
    mode = {"Nearest": dict(mode="edge"), "Reflect": dict(mode="symmetric"), "Missing": dict(mode="constant", constant_values=np.nan)}[border]
    return np.pad(z, r, **mode)


def focal(z, o):
    (rows, cols), stat = z.shape, o["stat"]
    if o["shape"] == "Custom":
        reach = len(o["mask"]) // 2, len(o["mask"][0]) // 2
        r = max(reach)
        belongs = [(i - reach[0] + r, j - reach[1] + r) for i, row in enumerate(o["mask"]) for j, b in enumerate(row) if b]
    else:
        r = o["radius"]
        outer = {"Box": 2 * r * r, "Circle": r * r, "Annulus": r * r}[o["shape"]]
        inner = o["inner"] ** 2 if o["shape"] == "Annulus" else -1
        belongs = [(i, j) for i in range(2 * r + 1) for j in range(2 * r + 1) if inner < (i - r) ** 2 + (j - r) ** 2 <= outer]
    w, places = padded(z, r, o["border"]), belongs
    if stat == "Tpi":
        places = [p for p in places if p != (r, r)]
    at = [(slice(i, i + rows), slice(j, j + cols)) for i, j in places]
    n = np.zeros(z.shape)
    for p in at:
        n += ~np.isnan(w[p])
    out = np.full(z.shape, np.nan)
    with np.errstate(all="ignore"):
        mean = sum(np.nan_to_num(w[p]) for p in at) / n
        if stat in ("Mean", "Sum", "Tpi"):
            out = {"Mean": mean, "Sum": mean * n, "Tpi": z - mean}[stat]
        elif stat in ("Min", "Max", "Range"):
            least, most = np.full(z.shape, np.inf), np.full(z.shape, -np.inf)
            for p in at:
                least, most = np.fmin(least, w[p]), np.fmax(most, w[p])
            out = {"Min": least, "Max": most, "Range": most - least}[stat]
        elif stat in ("Std", "Variance"):
            variance = sum(np.nan_to_num((w[p] - mean) ** 2) for p in at) / n
            out = np.sqrt(variance) if stat == "Std" else variance
        elif stat in ("Median", "Percentile", "Majority", "Variety"):
            out = np.full(z.shape, np.nan)
            step = max(1, int(4e6 / (cols * len(at))))
            for top in range(0, rows, step):
                band = slice(top, min(rows, top + step))
                stack = np.sort(np.stack([w[s.start + band.start : s.start + band.stop, c] for s, c in at]), axis=0)
                if stat in ("Median", "Percentile"):
                    share = 50.0 if stat == "Median" else o["percentile"]
                    out[band] = np.nanpercentile(stack, share, axis=0)
                    continue
                new = np.concatenate([np.ones((1, *stack.shape[1:]), bool), stack[1:] != stack[:-1]]) & ~np.isnan(stack)
                if stat == "Variety":
                    out[band] = new.sum(0)
                    continue
                runs, most, best = np.zeros(stack.shape[1:]), np.zeros(stack.shape[1:]), np.full(stack.shape[1:], np.nan)
                for layer, first in zip(stack, new):
                    runs = np.where(np.isnan(layer), 0, np.where(first, 1, runs + 1))
                    best, most = np.where(runs > most, layer, best), np.maximum(most, runs)
                out[band] = best
        else:
            raise NotImplementedError
    out = np.where(n == 0, np.nan, out)
    if o["missing"] == "Propagate":
        out = np.where(n < len(at), np.nan, out)
    return np.where(np.isnan(z), np.nan, out) if stat == "Tpi" else out


def convolve(z, o):
    kernel = o["kernel"]
    tables = {
        "Laplacian": [[[0, 1, 0], [1, -4, 1], [0, 1, 0]]],
        "Sobel": [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]],
        "Prewitt": [[[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]],
    }
    if kernel in ("Gaussian", "Unsharp"):
        r = int(np.ceil(4 * o["sigma"]))
        x = np.exp(-0.5 * (np.arange(-r, r + 1) / o["sigma"]) ** 2)
        weights = [np.outer(x, x) / x.sum() ** 2]
    elif kernel == "Custom":
        table = np.array(o["weights"], float)
        weights = [table / table.sum() if o["normalize"] else table]
    else:
        weights = [np.array(t, float) for t in tables[kernel]]
    (rows, cols), gaps, sums = z.shape, np.zeros(z.shape, bool), []
    for table in weights:
        r = len(table) // 2
        w, total = padded(z, r, o["border"]), np.zeros(z.shape)
        for i in range(2 * r + 1):
            for j in range(2 * r + 1):
                if table[i, j] != 0:
                    v = w[i : i + rows, j : j + cols]
                    gaps |= np.isnan(v)
                    total += table[i, j] * np.nan_to_num(v - z)
        sums.append(total)
    out = {
        "Gaussian": lambda: z + sums[0], "Unsharp": lambda: z - o["amount"] * sums[0],
        "Laplacian": lambda: sums[0], "Custom": lambda: weights[0].sum() * z + sums[0],
    }.get(kernel, lambda: np.hypot(*sums))()
    out = np.where(np.isnan(z), np.nan, out)
    return np.where(gaps, np.nan, out) if o["missing"] == "Propagate" else out


def morphology(z, o):
    turned = [row[::-1] for row in o["mask"][::-1]]
    erode = lambda v: focal(v, {**o, "stat": "Min"})  # noqa: E731
    dilate = lambda v: focal(v, {**o, "stat": "Max", "mask": turned})  # noqa: E731
    steps = {"Erode": [erode], "Dilate": [dilate], "Open": [erode, dilate], "Close": [dilate, erode]}[o["operation"]]
    for step in steps:
        z = step(z)
    return z


def bilateral(z, o):
    r, (rows, cols) = int(np.ceil(3 * o["sigma"])), z.shape
    w, total, weights, gaps = padded(z, r, o["border"]), np.zeros(z.shape), np.zeros(z.shape), np.zeros(z.shape, bool)
    for i in range(2 * r + 1):
        for j in range(2 * r + 1):
            d = w[i : i + rows, j : j + cols] - z
            near = np.exp(-((i - r) ** 2 + (j - r) ** 2) / (2 * o["sigma"] ** 2) - d * d / (2 * o["range_sigma"] ** 2))
            gaps |= np.isnan(d)
            total, weights = total + np.nan_to_num(near * d), weights + np.nan_to_num(near)
    out = z + total / weights
    return np.where(gaps, np.nan, out) if o["missing"] == "Propagate" else out


def evaluate(node, a):
    """An expression of `swath calc` over A; truth is 1, 0 or missing, after Kleene."""
    see = lambda other: evaluate(other, a)  # noqa: E731
    nan = lambda of, *v: np.where(np.any([np.isnan(x) for x in v], axis=0), np.nan, of(*v))  # noqa: E731
    functions = {
        "log": np.log, "log2": np.log2, "log10": np.log10, "exp": np.exp, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
        "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "abs": np.abs, "sqrt": np.sqrt, "sign": np.sign, "floor": np.floor,
        "ceil": np.ceil, "trunc": np.trunc, "pow": np.power, "clamp": np.clip, "isnan": lambda x: np.isnan(x) * 1.0,
        "round": np.rint,
        "min": lambda *v: nan(lambda *w: np.min(np.broadcast_arrays(*w), axis=0), *np.broadcast_arrays(*v)),
        "max": lambda *v: nan(lambda *w: np.max(np.broadcast_arrays(*w), axis=0), *np.broadcast_arrays(*v)),
        "where": lambda c, x, y: np.where(np.isnan(c), np.nan, np.where(c != 0, x, y)),
    }
    match node:
        case ast.Expression(body=body):
            return see(body)
        case ast.Constant(value=value):
            return np.full(a.shape, float(value))
        case ast.Name(id="A"):
            return a
        case ast.UnaryOp(op=ast.USub(), operand=v):
            return -see(v)
        case ast.UnaryOp(op=ast.Not(), operand=v):
            return 1 - see(v)
        case ast.BinOp(left=x, op=op, right=y):
            x, y = see(x), see(y)
            of = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Mod: np.fmod, ast.Pow: np.power}
            return of[type(op)](x, y)
        case ast.Compare(left=x, ops=[op], comparators=[y]):
            x, y = see(x), see(y)
            of = {ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Lt: np.less, ast.LtE: np.less_equal, ast.Eq: np.equal, ast.NotEq: np.not_equal}
            return nan(lambda *v: of[type(op)](*v) * 1.0, x, y)
        case ast.BoolOp(op=op, values=values):
            ends = 1.0 if isinstance(op, ast.Or) else 0.0
            values = np.stack([see(v) for v in values])
            return np.where((values == ends).any(0), ends, np.where(np.isnan(values).any(0), np.nan, 1 - ends))
        case ast.Call(func=ast.Name(id=name), args=args):
            return functions[name](*(see(v) for v in args))
    raise NotImplementedError


def calc(z, o):
    text = o["text"]
    if "?" in text:
        condition, rest = text.split("?")
        text = "where({}, {}, {})".format(condition, *rest.split(":"))
    with np.errstate(all="ignore"):
        return evaluate(ast.parse(text, mode="eval"), z)


def rescale(z, o):
    (a, b), (c, d) = o["from"], o["to"]
    out = (z - a) * (d - c) / (b - a) + c
    return np.clip(out, min(c, d), max(c, d)) if o["clamp"] else out


def clamp(z, o):
    least = -np.inf if o["least"] is None else o["least"]
    most = np.inf if o["most"] is None else o["most"]
    return np.where((z < least) | (z > most), np.nan, z) if o["drop"] else np.clip(z, least, most)


def cast(z, o):
    rounded = {"Up": lambda x: np.floor(x) + (x - np.floor(x) >= 0.5), "Even": np.rint, "Floor": np.floor, "Ceil": np.ceil, "Truncate": np.trunc}
    if o["scaling"]:
        z = (z - o["scaling"]["offset"]) / o["scaling"]["scale"]
    out = rounded[o["rounding"]](z)
    info = np.iinfo({"U8": "u1", "I16": "i2"}[o["sample"]])
    # The nodata value is outside the range.
    least, most = (info.min, info.max - 1) if info.min == 0 else (info.min + 1, info.max)
    return np.clip(out, least, most) if o["range"] == "Saturate" else np.where((out < least) | (out > most), np.nan, out)


def relief(of):
    return lambda z, o: np.where(np.isnan(z), np.nan, of(z, o) + (0 if edges(o) else 0 * sum(ref.windows(z, False))))


REFERENCES = {
    "slope": slope,
    "aspect": aspect,
    "hillshade": hillshade,
    "curvature": curvature,
    "northness": lambda z, o: facing(z, o, lambda p, q: np.cos(np.arctan2(-p, -q))),
    "eastness": lambda z, o: facing(z, o, lambda p, q: np.sin(np.arctan2(-p, -q))),
    "tri": relief(lambda z, o: ref.tri(z, o["algorithm"].lower(), edges(o))),
    "tpi": relief(lambda z, o: ref.tpi(z, edges(o))),
    "roughness": relief(lambda z, o: ref.roughness(z, edges(o))),
    "focal": focal,
    "convolve": convolve,
    "morphology": morphology,
    "bilateral": bilateral,
    "calc": calc,
    "rescale": rescale,
    "clamp": clamp,
    "cast": cast,
    "select": lambda z, o: z,
    "normals": lambda z, o: classified.normals(z, o, CELL),
    "reclassify": classified.reclassify,
    "color-map": classified.color_map,
    "standardise": classified.standardise,
    "equal-interval": classified.equal_interval,
    "quantile": classified.quantile,
}
ON_SLOPES = {"aspect", "northness", "eastness"}


def gdaldem_options(name, o):
    """A gdaldem command for a variant; None where gdaldem has none."""
    x, y = o.get("xscale"), o.get("yscale")
    if isinstance(o.get("edges"), str) and o["edges"] not in ("Extrapolate", "Missing"):
        return None
    if x != y or (x and name not in ("slope", "hillshade")):
        return None
    scale = ["-s", str(x)] if x else []
    edge = ["-compute_edges"] if "edges" in o and edges(o) else []
    if name in ("slope", "aspect", "hillshade"):
        scale += ["-alg", o["gradient_alg"]]
    if name == "slope" and o["zfactor"] == 1:
        return ["slope", *scale, *edge] + (["-p"] if o["unit"] == "Percent" else [])
    if name == "aspect" and not o["zero_for_flat"]:
        return ["aspect", *scale, *edge] + (["-trigonometric"] if o["convention"] != "Azimuth" else [])
    if name == "hillshade":
        light = {"Regular": [], "Combined": ["-combined"], "Multidirectional": ["-multidirectional"], "Igor": ["-igor"]}[o["variant"]]
        light += [] if o["variant"] == "Multidirectional" else ["-az", str(o["azimuth"])]
        light += [] if o["variant"] == "Igor" else ["-alt", str(o["altitude"])]
        return ["hillshade", *scale, *edge, *light, "-z", str(o["zfactor"])]
    if name == "tri":
        return ["TRI", "-alg", o["algorithm"], *edge]
    return {"tpi": ["TPI", *edge], "roughness": ["roughness", *edge]}.get(name)


def gdal_source(folder, z):
    source = folder / "in.bil"
    np.where(np.isnan(z), -9999, z).astype("<f4").tofile(source)
    header = f"NROWS {z.shape[0]}\nNCOLS {z.shape[1]}\nNBANDS 1\nNBITS 32\nPIXELTYPE FLOAT\nBYTEORDER I\nLAYOUT BIL\n"
    header += f"ULXMAP 5\nULYMAP -5\nXDIM {CELL}\nYDIM {CELL}\nNODATA -9999\n"
    source.with_suffix(".hdr").write_text(header)
    return source


def gdaldem(folder, z, options):
    source, made = gdal_source(folder, z), folder / "out.img"
    subprocess.run(["gdaldem", options[0], source, made, "-q", "-of", "ENVI", *options[1:]], check=True)
    byte = options[0] == "hillshade"
    result = np.fromfile(made, "u1" if byte else "<f4").astype(float).reshape(z.shape)
    return np.where(result == (0 if byte else -9999), np.nan, result)


class Greatest:
    """Greatest differences of an operator, over its variants."""

    def __init__(self):
        self.units, self.ulp, self.missing = 0.0, 0.0, 0

    def add(self, ours, truth, counts, turn):
        valid = ~np.isnan(ours) & ~np.isnan(truth)
        self.missing += int((np.isnan(ours) != np.isnan(truth)).sum())
        error = np.abs(ours - truth)
        error = np.minimum(error, 360 - error) if turn else error
        here = valid & counts
        if not here.any():
            return 0.0
        great = here & (np.abs(truth) >= SMALL * np.abs(truth[here]).max())
        if great.any():
            self.ulp = max(self.ulp, float((error[great] / np.spacing(np.abs(truth[great]).astype(np.float32))).max()))
        self.units = max(self.units, float(error[here].max()))
        return float(error[here].max())

    def text(self, ulp=True):
        differs = f", {self.missing} missing in one" if self.missing else ""
        near = f", {self.ulp:.1f} ulp" if ulp else ""
        return f"{self.units:.1e}{near}{differs}" if self.units else f"0{differs}"


def selftest(swath, adapter, folder):
    """What `swath selftest --dump` says and leaves; exit status 1 only says that a bound was exceeded, which it also prints."""
    command = [swath, "selftest", "--json", "--dump", folder, "--quiet"] + (["--adapter", adapter] if adapter else [])
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if ran.returncode == 2:
        sys.exit(f"{command} was refused")
    return json.loads(ran.stdout)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("swath")
    ap.add_argument("--adapter", default="llvmpipe")
    ap.add_argument("--hardware")
    ap.add_argument("--update", type=pathlib.Path)
    o = ap.parse_args()
    lines, failures, lacking = [], [], []
    listed = subprocess.run([o.swath, "operators", "--json"], stdout=subprocess.PIPE, check=True)
    units = {info["name"]: info["unit"] for info in json.loads(listed.stdout)}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        runs = []
        for name in [o.adapter, o.hardware]:
            if name:
                folder = scratch / name.replace("/", "_")
                folder.mkdir()
                runs.append((folder, selftest(o.swath, name, folder)))
        first, report = runs[0]
        rows, cols = report["rows"], report["cols"]
        z = np.fromfile(first / "dem.f32", "<f4").astype(np.float64).reshape(rows, cols)
        steep = np.minimum(*(ref.slope(z, CELL, CELL, alg, edges=True) for alg in ("horn", "zt"))) > 1
        kinds = {}
        for at, finding in enumerate(report["operators"]):
            kinds.setdefault(finding["operator"], []).append((at, finding))
        for name, findings in kinds.items():
            cpu, gpu, theirs, hardware = Greatest(), Greatest(), Greatest(), Greatest()
            twins, source, compared, gdal = 0.0, "numpy", False, False
            for at, finding in findings:
                twins = max(twins, finding["max_units"])

                def made(which, folder=first):
                    data = np.fromfile(folder / f"{at:03}.{which}.f32", "<f4").astype(np.float64)
                    data = data.reshape(rows, cols, -1)
                    return data[:, :, 0] if data.shape[2] == 1 else data

                try:
                    options = fields(finding["variant"])
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", RuntimeWarning)
                        truth = REFERENCES[name](z, options)
                except (KeyError, NotImplementedError, ValueError, SyntaxError, TypeError) as why:
                    print(f"{finding['variant']}: {why!r}", file=sys.stderr)
                    options = {}
                    if not (first / f"{at:03}.f64.f32").exists():
                        lacking.append(finding["variant"])
                        continue
                    truth, source = made("f64"), "float64 twin"
                directed = name in ON_SLOPES or options.get("kind") in ("Profile", "Plan", "Tangential")
                counts, turn = (steep if directed else np.ones_like(steep)), name == "aspect"
                counts = np.broadcast_to(counts if truth.ndim == 2 else counts[..., None], truth.shape)
                for which, record in (("cpu", cpu), ("gpu", gpu)):
                    error = record.add(made(which), truth, counts, turn)
                    relative = options.get("unit") == "Percent" or name == "curvature"
                    if name in BOUNDS and not relative and error > BOUNDS[name]:
                        failures.append(f"{finding['variant']} on {which}: {error:.2e}")
                if len(runs) > 1:
                    hardware.add(made("gpu", runs[1][0]), truth, counts, turn)
                compared = True
                if name == "color-map":
                    gdal = True
                    colors, alike = classified.color_relief(scratch, gdal_source(scratch, z), z, options)
                    theirs.add(made("cpu"), colors, counts & alike, turn)
                command = gdaldem_options(name, options) if options else None
                if command:
                    gdal = True
                    ours = made("cpu")
                    ours = np.floor(ours + 0.5) if name == "hillshade" else ours
                    theirs.add(ours, gdaldem(scratch, z, command), counts, turn)
            against_gdal = theirs.text(ulp=False) if gdal else "-"
            cells_of = [f"`{name}`", str(len(findings)), units[name]]
            cells_of += [cpu.text(), gpu.text()] if compared else ["no reference", "no reference"]
            cells_of += [hardware.text()] if len(runs) > 1 else []
            within = "yes" if all(f["pass"] for _, f in findings) else "NO"
            cells_of += [f"{twins:.1e}" if twins else "0", within, against_gdal, source if compared else "none"]
            lines.append("| " + " | ".join(cells_of) + " |")
    adapter = f"{report['adapter']['name']}".split(" (")[0]
    extra = f" GPU: {runs[1][1]['adapter']['name']} |" if len(runs) > 1 else ""
    head = [f"| operator | variants | unit | CPU against float64 | {adapter} against float64 |{extra} twins apart | within bounds | from gdaldem's | reference |"]
    head.append("|" + "---|" * (head[0].count("|") - 1))
    table = "\n".join(head + lines)
    if lacking:
        table += f"\n\nWithout a reference in float64: {len(lacking)} variants of {', '.join(sorted({'`' + v.split(' ')[0].lower() + '`' for v in lacking}))}."
    if o.update:
        text = o.update.read_text()
        before, rest = text.split(MARKS[0])
        o.update.write_text(before + MARKS[0] + "\n" + table + "\n" + MARKS[1] + rest.split(MARKS[1], 1)[1])
    else:
        print(table)
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

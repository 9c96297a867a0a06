#!/usr/bin/env python3
"""Acceptance checker for a written GeoTIFF / COG.

check_tif.py FILE [--cog|--cog-no-overviews] [--ref REF.tif] [--atol A] [--rtol R] [--angular] [--ignore-border N] [--tile T] [--compression NAME]
             [--predictor N] [--nodata V|nan] [--bigtiff|--classic] [--ogc] [--no-gdalinfo]
Opens FILE with (1) rasterio, (2) tifffile (+imagecodecs), (3) gdalinfo -checksum -stats (another GDAL build), (4) tiffinfo (libtiff);
 - all readers must agree on size, dtype, tiling and every decoded pixel (rasterio == tifffile bit for bit)
 - gdalinfo's checksum must equal rasterio's own checksum (two GDAL versions, two zlib/zstd builds)
 - tile offsets/byte counts inside the file, non-overlapping; no warnings from libtiff
 - with --ref: size, CRS, transform, nodata mask (exact) and pixels (|a-b| <= atol + rtol*|b|); --angular compares modulo 360
 - with --cog: rio-cogeo validate (strict) AND GDAL's validate_cloud_optimized_geotiff.py must pass
Prints one line per check; exit 0 all good, 1 something differs, 2 cannot be opened. Pixels are compared in row bands (memory stays small).
"""
import argparse, os, re, shutil, subprocess, sys, tempfile, warnings
import numpy as np
ap = argparse.ArgumentParser(); ap.add_argument("file"); ap.add_argument("--cog", action="store_true"); ap.add_argument("--cog-no-overviews", action="store_true", help="COG without overviews is intended: rio-cogeo non-strict"); ap.add_argument("--ref")
ap.add_argument("--atol", type=float, default=0.); ap.add_argument("--rtol", type=float, default=0.); ap.add_argument("--angular", action="store_true")
ap.add_argument("--ignore-border", type=int, default=0); ap.add_argument("--tile", type=int); ap.add_argument("--compression"); ap.add_argument("--predictor", type=int)
ap.add_argument("--nodata"); ap.add_argument("--bigtiff", action="store_true"); ap.add_argument("--classic", action="store_true"); ap.add_argument("--ogc", action="store_true"); ap.add_argument("--no-gdalinfo", action="store_true")
a = ap.parse_args(); bad = []
def ok(c, msg, detail=""):
    print(("PASS " if c else "FAIL ")+msg+((" : "+str(detail)) if detail != "" else ""), flush=True)
    if not c: bad.append(msg)
    return c
if not os.path.exists(a.file): print("FAIL no such file", a.file); sys.exit(2)
import rasterio, tifffile
from rasterio.windows import Window
os.environ["GDAL_PAM_ENABLED"] = "NO"
with warnings.catch_warnings(record=True) as ws:
    warnings.simplefilter("always")
    try: ds = rasterio.open(a.file)
    except Exception as e: print("FAIL rasterio cannot open:", e); sys.exit(2)
try: tf = tifffile.TiffFile(a.file); pg = tf.pages[0]
except Exception as e: print("FAIL tifffile cannot open:", e); sys.exit(2)
W, H, N = ds.width, ds.height, ds.count
ok(not [w for w in ws if "NotGeoreferenced" in str(w.category)], "georeferenced")
ok((pg.imagewidth, pg.imagelength, pg.samplesperpixel) == (W, H, N), "rasterio/tifffile size+bands", f"{W}x{H}x{N} vs {pg.imagewidth}x{pg.imagelength}x{pg.samplesperpixel}")
ok(str(pg.dtype) == ds.dtypes[0], "rasterio/tifffile dtype", f"{ds.dtypes[0]} {pg.dtype}")
ok(bool(pg.is_tiled) == bool(ds.profile.get("tiled")), "tiled flag", f"{pg.is_tiled} blocks {ds.block_shapes[0]}")
if a.tile: ok(pg.is_tiled and (pg.tilewidth, pg.tilelength) == (a.tile, a.tile), "tile size", (pg.tilewidth, pg.tilelength))
if a.compression: ok(a.compression.lower() in pg.compression.name.lower(), "compression", pg.compression.name)
if a.predictor: ok(int(pg.predictor) == a.predictor, "predictor", int(pg.predictor))
if a.bigtiff: ok(tf.is_bigtiff, "BigTIFF")
if a.classic: ok(not tf.is_bigtiff, "classic TIFF")
if a.nodata is not None:
    nd = float(a.nodata); ok(ds.nodata is not None and (ds.nodata == nd or (np.isnan(nd) and np.isnan(ds.nodata))), "nodata tag", ds.nodata)
# byte ranges of every IFD
size = os.path.getsize(a.file); rng = []
for pi, p in enumerate(tf.pages):
    n = len(p.dataoffsets); exp = int(np.prod([-(-p.imagelength//p.tilelength), -(-p.imagewidth//p.tilewidth)]))*(p.samplesperpixel if p.planarconfig == 2 else 1) if p.is_tiled else n
    ok(n == exp == len(p.databytecounts), f"IFD{pi} tile count", f"{n} expected {exp}")
    rng += [(o, o+c) for o, c in zip(p.dataoffsets, p.databytecounts) if c]
rng.sort(); ok(all(e <= size for _, e in rng) and (not rng or rng[0][0] >= 8), "tile ranges inside file")
dup = set(); ok(all(x == y or x[1] <= y[0] for x, y in zip(rng, rng[1:])), "tile ranges do not overlap")
# the mechanical part of OGC 19-008r4 (what ets-geotiff11 asserts about the tag structure)
if a.ogc:
    T = {t.code: t.value for t in pg.tags.values()}; k = T.get(34735)
    if ok(k is not None and len(k) >= 4 and len(k) % 4 == 0, "OGC: GeoKeyDirectoryTag present, 4-short rows"):
        k = list(map(int, k)); rows = [tuple(k[i:i+4]) for i in range(4, 4+4*k[3], 4)]; ids = [r[0] for r in rows]
        ok(k[0] == 1 and k[1] == 1 and k[2] in (0, 1), "OGC: KeyDirectoryVersion 1, KeyRevision 1.0|1.1", k[:3]); ok(len(k) == 4+4*k[3], "OGC: NumberOfKeys matches", k[3])
        ok(ids == sorted(set(ids)), "OGC: keys ascending, unique", ids); ok(1024 in ids, "OGC: GTModelTypeGeoKey present"); ok(1025 in ids, "OGC: GTRasterTypeGeoKey present")
        d = T.get(34736); d = () if d is None else tuple(np.atleast_1d(d)); s_ = T.get(34737, ""); s_ = s_ if isinstance(s_, str) else s_.decode("latin1")
        for i, loc, n, v in rows:
            if loc == 0: ok(n == 1, f"OGC: key {i} count 1") if n != 1 else None
            elif loc == 34736: ok(v+n <= len(d), f"OGC: key {i} inside GeoDoubleParams") if v+n > len(d) else None
            elif loc == 34737: ok(s_[v+n-1:v+n] in ("|", "\0"), f"OGC: key {i} ascii ends with |", repr(s_[v:v+n])) if s_[v+n-1:v+n] != "|" else None
            else: ok(False, f"OGC: key {i} TIFFTagLocation", loc)
        m = dict((r[0], r[3]) for r in rows)
        ok(m.get(1024) in (1, 2, 3, 32767), "OGC: GTModelType value", m.get(1024)); ok(m.get(1025, 1) in (1, 2), "OGC: GTRasterType value", m.get(1025))
        if m.get(1024) == 1: ok(3072 in m, "OGC: ProjectedCRSGeoKey present", m.get(3072))
        if m.get(1024) == 2: ok(2048 in m, "OGC: GeodeticCRSGeoKey present", m.get(2048))
    sc, tp, mt = T.get(33550), T.get(33922), T.get(34264)
    ok(mt is not None and sc is None or tp is not None and len(tp) % 6 == 0, "OGC: tiepoint(+scale) xor transformation", (sc, tp))
    if sc is not None: ok(len(sc) == 3 and sc[0] > 0 and sc[1] > 0, "OGC: ModelPixelScale 3 doubles > 0", sc)
# pixels: rasterio vs tifffile
import zlib
full = tf.series[0].levels[0] if getattr(tf.series[0], "levels", None) else tf.series[0]
arr = None
try:
    store = None
    arr = tifffile.memmap(a.file, page=0) if pg.is_memmappable else None
except Exception: arr = None
if arr is None:
    tmp = tempfile.NamedTemporaryFile(dir=os.path.dirname(os.path.abspath(a.file)) if os.access(os.path.dirname(os.path.abspath(a.file)), os.W_OK) else None, suffix=".mm")
    try: arr = pg.asarray(out=tmp.name, maxworkers=2)
    except Exception as e: print("FAIL tifffile cannot decode the pixels :", type(e).__name__, str(e)[:200]); print("NOT OK "+a.file+" : tifffile decode"); sys.exit(1)
arr = np.asarray(arr).reshape((H, W) if N == 1 else arr.shape) if not isinstance(arr, np.memmap) else arr
ref = rasterio.open(a.ref) if a.ref else None
geo_ok = True
if ref is not None:
    geo_ok = ok((ref.width, ref.height, ref.count) == (W, H, N), "size equals ref", f"{W}x{H}x{N} vs {ref.width}x{ref.height}x{ref.count}")
    ok(ds.crs == ref.crs, "CRS equals ref", f"{ds.crs} vs {ref.crs}")
    ok(ds.transform.almost_equals(ref.transform, 1e-9), "transform equals ref", f"{tuple(ds.transform)[:6]} vs {tuple(ref.transform)[:6]}")
    ok(ds.tags().get("AREA_OR_POINT") == ref.tags().get("AREA_OR_POINT"), "AREA_OR_POINT equals ref", f"{ds.tags().get('AREA_OR_POINT')} vs {ref.tags().get('AREA_OR_POINT')}")
same = True; maxd = 0.; nbad = 0; nmask = 0; where = None; sumsq = 0.; nval = 0
def mask(x, nd): 
    m = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    return m if nd is None or np.isnan(nd) else m | (x == np.asarray(nd).astype(x.dtype))
step = max(256, (64 << 20)//max(1, W*8)//256*256)
for b in range(N):
    for r0 in range(0, H, step):
        n = min(step, H-r0)
        try: x = ds.read(b+1, window=Window(0, r0, W, n))
        except Exception as e: print("FAIL rasterio cannot decode the pixels :", str(e)[:200]); print("NOT OK "+a.file+" : rasterio decode"); sys.exit(1)
        y = np.asarray(arr[r0:r0+n] if N == 1 else (arr[r0:r0+n, :, b] if arr.ndim == 3 and arr.shape[-1] == N else arr[b, r0:r0+n])).reshape(x.shape)
        if same and x.tobytes() != np.ascontiguousarray(y).astype(x.dtype, copy=False).tobytes(): same = False
        if ref is not None and geo_ok:
            z = ref.read(b+1, window=Window(0, r0, W, n)); mx, mz = mask(x, ds.nodata), mask(z, ref.nodata)
            k = a.ignore_border
            if k:
                sel = np.zeros(x.shape, bool); i = np.arange(r0, r0+n); sel[np.ix_((i >= k) & (i < H-k), np.arange(W))] = True; sel[:, :k] = False; sel[:, W-k:] = False
            else: sel = np.ones(x.shape, bool)
            dm = (mx != mz) & sel; nmask += int(dm.sum()); v = sel & ~mx & ~mz
            d = np.abs(x.astype(np.float64)-z.astype(np.float64))
            if a.angular: d = np.minimum(d, np.abs(360-d))
            e = v & ~(d <= a.atol+a.rtol*np.abs(z.astype(np.float64))); nbad += int(e.sum()); nval += int(v.sum())
            if v.any(): maxd = max(maxd, float(d[v].max())); sumsq += float((d[v]**2).sum())
            if (e | dm).any() and where is None:
                q = np.argwhere(e | dm)[0]; where = (b+1, int(r0+q[0]), int(q[1]), float(x[tuple(q)]), float(z[tuple(q)]))
ok(same, "rasterio and tifffile decode identical pixels")
if ref is not None and geo_ok:
    ok(nmask == 0, "nodata mask equals ref", f"{nmask} cells differ")
    ok(nbad == 0, "pixels equal ref", f"{nbad} of {nval} beyond atol={a.atol:g} rtol={a.rtol:g}; max|d|={maxd:.6g} rms={np.sqrt(sumsq/max(1,nval)):.3g}"+(f"; first (band,row,col,got,ref)={where}" if where else ""))
if not a.no_gdalinfo and not shutil.which("gdalinfo"): print("SKIP gdalinfo is not installed")
elif not a.no_gdalinfo:
    r = subprocess.run(["gdalinfo", "-checksum", "-stats", a.file], capture_output=True, text=True, env=dict(os.environ, GDAL_PAM_ENABLED="NO"))
    cs = [int(v) for v in re.findall(r"Checksum=(-?\d+)", r.stdout)]
    ok(r.returncode == 0 and len(cs) >= N, "gdalinfo opens", r.stderr.strip()[:200] if r.returncode else "")
    ok(not re.search(r"Warning|ERROR", r.stderr), "gdalinfo silent", r.stderr.strip()[:200])
    mine = [ds.checksum(i+1) for i in range(N)]; ok(cs[:N] == mine, "checksum gdalinfo == rasterio", f"{cs[:N]} {mine}")
    st = re.search(r"Minimum=(\S+), Maximum=(\S+), Mean=(\S+), StdDev=(\S+)", r.stdout); print("INFO stats", st.groups() if st else "none (no valid pixel?)")
if shutil.which("tiffinfo"):
    r = subprocess.run(["tiffinfo", a.file], capture_output=True, text=True)
    ok(r.returncode == 0 and not re.search(r"[Ee]rror|incorrect|not sorted|out of order", r.stderr), "tiffinfo (libtiff) clean", re.sub(r"[^\n]*(Unknown field|unknown field)[^\n]*\n?", "", r.stderr).strip()[:200])
else: print("SKIP tiffinfo is not installed")
if a.cog or a.cog_no_overviews:
    try:
        from rio_cogeo.cogeo import cog_validate
        v, er, wa = cog_validate(a.file, strict=not a.cog_no_overviews, quiet=True); ok(v, "rio-cogeo validate"+("" if a.cog_no_overviews else " --strict"), list(er)+list(wa))
    except ImportError: ok(False, "rio-cogeo not installed")
    s = "/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_cloud_optimized_geotiff.py"
    r = subprocess.run(["/usr/bin/python3", s, "--full-check=yes", a.file], capture_output=True, text=True)
    o = (r.stdout+r.stderr).strip(); ok(r.returncode == 0 and "is a valid cloud optimized GeoTIFF" in o, "GDAL validate_cloud_optimized_geotiff --full-check", o[-400:].replace("\n", " | "))
print(("OK " if not bad else "NOT OK ")+a.file+("" if not bad else " : "+"; ".join(bad)))
sys.exit(1 if bad else 0)

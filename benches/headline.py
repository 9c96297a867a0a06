#!/usr/bin/env python3
"""The first table of docs/BENCHMARKS.md: whole jobs beside the programs that people use for them today.

    benches/headline.py [--size 10000] [--runs 5] [--threads 2] [--swath target/release/swath] [--peers PYTHON]
                        [--job slope|cog|four|convert ...] [--json docs/benchmarks/headline.json] [--svg docs/benchmarks/headline.svg]
                        [--page docs/BENCHMARKS.md] [--from docs/benchmarks/headline.json]

`--from` measures nothing: it makes the picture and the page of figures that were written by `--json`. `--page` replaces what is between
the two comments that name this file.

Every job starts from the same deterministic float32 model (`swath synth`, uncompressed tiles of 512) and writes deflated tiles of
512 with the predictor that suits the result. All programs run in turn, once unmeasured and then RUNS times, each as a process of
its own; the table has medians. `--peers` is a Python that has the peers' packages:

    python3 -m venv peers && peers/bin/pip install numpy scipy xarray-spatial odc-geo dask distributed rioxarray rio-cogeo rasterio pyogrio tifffile

Programs that are not installed are left out, and named. `gdaldem`, `gdal_translate`, `surtgis` and `whitebox_tools` are taken from PATH.
Files are deleted between runs; the page cache holds the model. swath flushes its file to disk before it gives it its name, which
none of the others do.
"""
import argparse
import ctypes
import glob
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from processes import run_all

HERE = os.path.dirname(os.path.abspath(__file__))
JOBS = {
    "slope": "slope to a tiled GeoTIFF",
    "cog": "slope to a COG with averaged overviews",
    "four": "slope, aspect, hillshade and roughness of one model",
    "convert": "the model to a COG with averaged overviews",
}
FOUR = ["slope", "aspect", "hillshade", "roughness"]


def predictor(mode):
    return "2" if mode == "hillshade" else "3"


# --- Peers that are Python packages: this file runs itself under their Python.

def gdal_wheel():
    """The GDAL inside pyogrio's wheel, which has the algorithms of the `gdal` program."""
    import importlib.util
    home = os.path.dirname(importlib.util.find_spec("pyogrio").origin)
    os.environ.setdefault("PROJ_DATA", os.path.join(home, "proj_data"))
    os.environ.setdefault("GDAL_DATA", os.path.join(home, "gdal_data"))
    library = glob.glob(os.path.join(os.path.dirname(home), "pyogrio.libs", "libgdal*"))[0]
    return ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)


def gdal_raster(arguments):
    """`gdal raster ...` by the wheel's library."""
    g, pointer, text = gdal_wheel(), ctypes.c_void_p, ctypes.c_char_p

    def call(name, result, *types):
        function = getattr(g, name)
        function.restype, function.argtypes = result, types
        return function

    call("GDALAllRegister", None)()
    algorithm = call("GDALAlgorithmRegistryInstantiateAlg", pointer, pointer, text)(
        call("GDALGetGlobalAlgorithmRegistry", pointer)(), arguments[0].encode())
    words = (text * len(arguments))(*[word.encode() for word in arguments[1:]], None)
    if not (algorithm and call("GDALAlgorithmParseCommandLineArguments", ctypes.c_bool, pointer, pointer)(algorithm, words)
            and call("GDALAlgorithmRun", ctypes.c_bool, pointer, pointer, pointer)(algorithm, None, None)
            and call("GDALAlgorithmFinalize", ctypes.c_bool, pointer)(algorithm)):
        sys.exit(call("CPLGetLastErrorMsg", text)().decode() or "GDAL failed")


def peer(name, words):
    if name == "gdal-wheel-version":
        g = gdal_wheel()
        g.GDALVersionInfo.restype = ctypes.c_char_p
        print(g.GDALVersionInfo(b"RELEASE_NAME").decode())
    elif name == "gdal-wheel":
        gdal_raster(["raster", *words])
    elif name == "xarray-spatial":
        import rioxarray
        from xrspatial import slope
        source, output, threads = words
        model = rioxarray.open_rasterio(source, masked=True).squeeze()
        model.attrs["res"] = tuple(abs(r) for r in model.rio.resolution())
        slope(model).rio.to_raster(output, tiled=True, blockxsize=512, blockysize=512, compress="deflate", predictor=3, num_threads=threads)
    elif name == "odc-geo":
        import dask
        import rioxarray
        from odc.geo.cog import save_cog_with_dask
        from odc.geo.xr import xr_coords  # noqa: F401 (registers the accessor)
        from xrspatial import slope
        source, output, threads, mode = words
        model = rioxarray.open_rasterio(source, masked=True, chunks={"x": 2048, "y": 2048}, lock=False).squeeze()
        model.attrs["res"] = tuple(abs(r) for r in model.rio.resolution())
        result = slope(model) if mode == "slope" else model
        with dask.config.set(scheduler="threads", num_workers=int(threads)):
            save_cog_with_dask(result, output, blocksize=512, compression="deflate", predictor=3, overview_resampling="average").compute()
    elif name == "rio-cogeo":
        from rio_cogeo.cogeo import cog_translate
        from rio_cogeo.profiles import cog_profiles
        source, output, threads = words
        profile = dict(cog_profiles.get("deflate"), predictor=3, blockxsize=512, blockysize=512)
        cog_translate(source, output, profile, overview_resampling="average", config={"GDAL_NUM_THREADS": threads}, quiet=True)
    else:
        sys.exit(f"no peer {name}")


# --- What each program runs for a job: (commands, outputs).

class Programs:
    def __init__(self, args, folder, model):
        self.args, self.folder, self.model = args, folder, model

    def file(self, program, mode):
        return os.path.join(self.folder, f"{program}-{mode}.tif".replace(" ", "-"))

    def python(self, name, *words):
        return [self.args.peers, os.path.abspath(__file__), "--peer", name, *words]

    def creation(self, cog, mode):
        threads = f"NUM_THREADS={self.args.threads}"
        if cog:
            return ["BLOCKSIZE=512", "COMPRESS=DEFLATE", f"PREDICTOR={predictor(mode)}", "OVERVIEW_RESAMPLING=AVERAGE", threads]
        return ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE", f"PREDICTOR={predictor(mode)}", threads]

    def swath(self, job, level=None):
        name = "swath" if level is None else f"swath-level-{level}"
        write = [] if level is None else ["--level", str(level)]
        common = ["--backend", "cpu", "--threads", str(self.args.threads), "--host-memory", "256M", "--quiet"]
        cog = ["--cog", "--resampling", "average"]
        out = self.file(name, job)
        if job == "slope":
            return [[self.args.swath, "slope", self.model, out, *write, *common]], [out]
        if job == "cog":
            return [[self.args.swath, "slope", self.model, out, *cog, *write, *common]], [out]
        if job == "convert":
            return [[self.args.swath, "convert", self.model, out, *cog, *write, *common]], [out]
        outs = [self.file(name, mode) for mode in FOUR]
        branches = [word for mode, out in zip(FOUR, outs) for word in ("[", mode, "!", "write", out, *write, "]")]
        return [[self.args.swath, "pipeline", *common, "read", self.model, "!", "tee", *branches]], outs

    def gdaldem(self, job):
        """The GDAL on PATH."""
        if not (shutil.which("gdaldem") and shutil.which("gdal_translate")):
            return None
        options = lambda cog, mode: [word for option in self.creation(cog, mode) for word in ("-co", option)]
        modes = FOUR if job == "four" else ["slope"]
        outs = [self.file("gdal", mode) for mode in modes]
        if job == "convert":
            return [["gdal_translate", "-q", "-of", "COG", *options(True, "dem"), self.model, outs[0]]], outs
        cog = job == "cog"
        edges = lambda mode: [] if mode == "roughness" else ["-compute_edges"]
        return [["gdaldem", mode, self.model, out, "-q", *edges(mode), *(["-of", "COG"] if cog else []), *options(cog, mode)]
                for mode, out in zip(modes, outs)], outs

    def gdal_wheel(self, job):
        if not self.has("pyogrio"):
            return None
        options = lambda cog, mode: [word for option in self.creation(cog, mode) for word in ("--co", option)]
        modes = FOUR if job == "four" else ["slope"]
        outs = [self.file("gdal-wheel", mode) for mode in modes]
        if job == "convert":
            return [self.python("gdal-wheel", "convert", "--of", "COG", *options(True, "dem"), self.model, outs[0])], outs
        cog = job == "cog"
        return [self.python("gdal-wheel", mode, *(["--of", "COG"] if cog else []), *options(cog, mode), self.model, out)
                for mode, out in zip(modes, outs)], outs

    def xarray_spatial(self, job):
        if job != "slope" or not self.has("xrspatial", "rioxarray"):
            return None
        out = self.file("xarray-spatial", job)
        return [self.python("xarray-spatial", self.model, out, str(self.args.threads))], [out]

    def odc_geo(self, job):
        if job not in ("cog", "convert") or not self.has("odc.geo", "xrspatial", "rioxarray"):
            return None
        out = self.file("odc-geo", job)
        return [self.python("odc-geo", self.model, out, str(self.args.threads), "slope" if job == "cog" else "copy")], [out]

    def rio_cogeo(self, job):
        if job not in ("cog", "convert") or not self.has("rio_cogeo"):
            return None
        out = self.file("rio-cogeo", job)
        if job == "convert":
            return [self.python("rio-cogeo", self.model, out, str(self.args.threads))], [out]
        between = self.file("rio-cogeo", "between")
        first = self.gdaldem("slope")
        if not first:
            return None
        slope = [word.replace(first[1][0], between) for word in first[0][0]]
        return [slope, self.python("rio-cogeo", between, out, str(self.args.threads))], [out, between]

    def surtgis(self, job):
        if job != "slope" or not shutil.which("surtgis"):
            return None
        out = self.file("surtgis", job)
        return [["surtgis", "terrain", "slope", self.model, out]], [out]

    def whitebox(self, job):
        if job != "slope" or not shutil.which("whitebox_tools"):
            return None
        out = self.file("whitebox", job)
        return [["whitebox_tools", "-r=Slope", f"--dem={self.model}", f"--output={out}", "--compress_rasters=true"]], [out]

    def has(self, *modules):
        if not self.args.peers:
            return False
        test = "; ".join(f"import {module}" for module in modules)
        return subprocess.run([self.args.peers, "-c", test], capture_output=True).returncode == 0


def measure(commands, outputs):
    """Wall seconds, CPU seconds, peak RSS in MiB, and bytes of what is left in the end; nothing is left after it."""
    taken = run_all(commands, outputs)
    size = sum(os.path.getsize(output) for output in outputs if not output.endswith("between.tif"))
    for output in outputs:
        os.remove(output)
    return *taken, size


def versions(args):
    def said(command, line=0):
        try:
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[line]
        except (OSError, subprocess.CalledProcessError, IndexError):
            return None
    found = {"swath": said([args.swath, "--version"]), "gdaldem": said(["gdalinfo", "--version"])}
    if args.peers:
        code = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        for package in ["xarray-spatial", "odc-geo", "rio-cogeo", "rasterio", "dask"]:
            found[package] = said([args.peers, "-c", code, package])
        found["GDAL by wheel"] = said([args.peers, os.path.abspath(__file__), "--peer", "gdal-wheel-version"])
    found["surtgis"] = said(["surtgis", "--version"])
    return found


# What each figure is called, in the order of the columns, and its decimal places.
FIGURES = [("wall_s", "wall time, s", 2), ("cpu_s", "CPU time, s", 2), ("peak_mib", "peak memory, MiB", 0), ("output_mib", "output, MiB", 1)]


def figure(figures, name):
    return figures["bytes"] / 2**20 if name == "output_mib" else figures[name]["median"]


def table(result):
    """A line for each job and program."""
    heads = ["job", "program", *(head for _, head, _ in FIGURES), "wall time / swath's", "CPU time / swath's"]
    rows = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for job, programs in result["jobs"].items():
        ours = programs["swath"]
        for program, figures in programs.items():
            cells = [JOBS[job], program, *(f"{figure(figures, name):,.{digits}f}" for name, _, digits in FIGURES)]
            cells += [f"{figure(figures, name) / figure(ours, name):.1f}" for name in ("wall_s", "cpu_s")]
            if program == "swath":
                cells = [f"**{cell}**" for cell in cells]
            rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def losses(result):
    """Sentences: where another program's figure is better than swath's by more than half a percent."""
    said = []
    what = {"wall_s": "is done sooner", "cpu_s": "takes less CPU time", "peak_mib": "takes less memory", "output_mib": "writes a smaller file"}
    for job, programs in result["jobs"].items():
        for program, figures in programs.items():
            for name, _, digits in FIGURES:
                theirs, ours = figure(figures, name), figure(programs["swath"], name)
                if program != "swath" and theirs < 0.995 * ours:
                    said.append(f"- {JOBS[job]}: {program} {what[name]}: {theirs:,.{digits}f} against {ours:,.{digits}f} "
                                f"({100 * (1 - theirs / ours):.1f} % less).")
    return said


BEGIN, END = "<!-- written by benches/headline.py -->", "<!-- end of what benches/headline.py wrote -->"


def page(result, picture):
    """The text between the comments of the page."""
    host, known = result["host"], result["versions"]
    said = {"swath": known["swath"], "gdaldem": known.get("gdaldem"),
            "GDAL by wheel": known.get("GDAL by wheel") and f"GDAL {known['GDAL by wheel']} inside the wheel of pyogrio"}
    versions = [said.get(name, version and f"{name} {version}") for name, version in known.items()]
    lines = [f"{result['size']:,} x {result['size']:,} float32 elevations in uncompressed tiles of 512; deflated tiles of 512 out, with the "
             f"predictor that suits the result. {result['threads']} threads for every program that takes a number of them. Medians of "
             f"{result['runs']} runs in turn; {host['cpu']}, {host['cores']} cores, {host['system']}; {result['date']}.", "",
             f"![Wall time and peak memory of each job and program]({picture})", "", table(result), "",
             "Versions: " + "; ".join(filter(None, versions)) + "."]
    missing = [*(f"{name} (not installed)" for name in result["absent"]), *(f"{name} ({why})" for name, why in result["failed"].items())]
    if missing:
        lines.append("Not measured: " + "; ".join(missing) + ".")
    lines += ["", "Where another program, or another setting, is better by more than half a percent:", ""]
    lines += losses(result) or ["- nowhere in this table."]
    return "\n".join(lines)


def write_page(path, text):
    with open(path) as page_file:
        whole = page_file.read()
    before, rest = whole.split(BEGIN)
    _, after = rest.split(END)
    with open(path, "w") as page_file:
        page_file.write(f"{before}{BEGIN}\n{text}\n{END}{after}")


def svg(result):
    """Bars of wall seconds, one group a job: swath first."""
    line, left, width, gap = 22, 330, 430, 18
    top, parts = 44, []
    longest = max(f["wall_s"]["median"] for programs in result["jobs"].values() for f in programs.values())
    for job, programs in result["jobs"].items():
        parts.append(f'<text x="12" y="{top}" font-weight="bold">{JOBS[job]}</text>')
        top += 8
        for program, figures in programs.items():
            wall = figures["wall_s"]["median"]
            bar = max(2.0, wall / longest * width)
            fill = "#1a7f5a" if program == "swath" else "#b9c2cc"
            parts.append(f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{program}</text>')
            parts.append(f'<rect x="{left}" y="{top + 3}" width="{bar:.1f}" height="{line - 6}" rx="2" fill="{fill}"/>')
            note = f'{wall:.1f} s, {figures["peak_mib"]["median"]:,.0f} MiB'
            parts.append(f'<text x="{left + bar + 6:.1f}" y="{top + 15}">{note}</text>')
            top += line
        top += gap + 14
    size = result["size"]
    head = f'Wall seconds and peak memory, {size:,} x {size:,} float32, {result["threads"]} threads (shorter is better)'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="920" height="{top}" viewBox="0 0 920 {top}" '
            'font-family="system-ui, sans-serif" font-size="13" fill="#1d2733">'
            f'<rect width="920" height="{top}" fill="#ffffff"/><text x="12" y="20" font-size="14">{head}</text>' + "".join(parts) + "</svg>\n")


def cpu_name():
    """What the system calls its processor."""
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def measure_all(args):
    """Runs every job by every program, in turn."""
    known = versions(args)
    result = {"schema": 2, "date": time.strftime("%Y-%m-%d"), "size": args.size, "threads": args.threads, "runs": args.runs,
              "host": {"machine": platform.machine(), "cpu": cpu_name(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}"},
              "versions": known, "jobs": {}, "failed": {}, "absent": []}
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        model = os.path.join(folder, "model.tif")
        packed = os.path.join(folder, "packed.tif")
        subprocess.run([args.swath, "synth", packed, "--size", f"{args.size}x{args.size}", "-q"], check=True)
        subprocess.run([args.swath, "convert", packed, model, "--compress", "none", "-q"], check=True)
        os.remove(packed)
        programs = Programs(args, folder, model)
        wheel = (known.get("GDAL by wheel") or "").split("-")[0]
        debian = ((known.get("gdaldem") or "").split(",")[0]).replace("GDAL ", "")
        makers = {"swath": programs.swath, "swath --level 4": lambda job: programs.swath(job, 4), "swath --level 6": lambda job: programs.swath(job, 6),
                  f"GDAL {debian}": programs.gdaldem, f"GDAL {wheel}": programs.gdal_wheel, "xarray-spatial": programs.xarray_spatial,
                  "odc-geo": programs.odc_geo, "gdaldem + rio-cogeo": programs.rio_cogeo, "SurtGIS": programs.surtgis,
                  "WhiteboxTools": programs.whitebox}
        result["absent"] = [name.strip() for name, make in makers.items() if not any(make(job) for job in JOBS)]
        for job in args.job:
            runs = {name: make(job) for name, make in makers.items() if not args.only or name in args.only or name == "swath"}
            runs = {name: made for name, made in runs.items() if made}
            if "gdaldem + rio-cogeo" in runs and job == "convert":
                runs["rio-cogeo"] = runs.pop("gdaldem + rio-cogeo")
            samples = {name: [] for name in runs}
            for turn in range(args.runs + 1):
                for name, (commands, outputs) in list(runs.items()):
                    try:
                        figures = measure(commands, outputs)
                    except SystemExit as error:
                        print(f"{job}, {name} failed: {error}", file=sys.stderr)
                        result["failed"][f"{job}, {name}"] = str(error).splitlines()[-1]
                        del runs[name], samples[name]
                        continue
                    if turn:
                        samples[name].append(figures)
            result["jobs"][job] = {}
            for name, rows in samples.items():
                wall, cpu, peak, size = zip(*rows)
                spread = lambda values: {"median": statistics.median(values), "min": min(values), "max": max(values)}
                result["jobs"][job][name] = {"wall_s": spread(wall), "cpu_s": spread(cpu), "peak_mib": spread(peak), "bytes": size[0]}
    return result


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--size", type=int, default=10000)
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--swath", default=os.path.join(HERE, "../target/release/swath"))
    ap.add_argument("--peers", help="a Python that has the peers' packages")
    ap.add_argument("--job", nargs="+", choices=JOBS, default=list(JOBS))
    ap.add_argument("--only", nargs="+", help="these programs only, by the names in the table")
    ap.add_argument("--json")
    ap.add_argument("--svg")
    ap.add_argument("--page", help="a Markdown page whose part between the two comments is replaced; the picture is the one of --svg")
    ap.add_argument("--from", dest="given", help="figures of an earlier run, instead of a run")
    ap.add_argument("--folder", help="where the files go (a temporary folder)")
    args = ap.parse_args()
    if args.given:
        with open(args.given) as given:
            result = json.load(given)
    else:
        if not os.path.exists(args.swath):
            sys.exit(f"{args.swath} does not exist: cargo build --release")
        result = measure_all(args)
        print(json.dumps({"versions": result["versions"], "absent": result["absent"], "failed": result["failed"]}, indent=1))
    print(table(result))
    print("\n".join(losses(result)))
    for path, text in [(args.json, json.dumps(result, indent=1) + "\n"), (args.svg, svg(result))]:
        if path:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            with open(path, "w") as out:
                out.write(text)
    if args.page:
        if not args.svg:
            sys.exit("--page shows the picture of --svg")
        write_page(args.page, page(result, os.path.relpath(args.svg, os.path.dirname(os.path.abspath(args.page)))))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--peer":
        peer(sys.argv[2], sys.argv[3:])
    else:
        main()

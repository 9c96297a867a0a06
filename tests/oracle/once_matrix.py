#!/usr/bin/env python3
"""The matrix that the seed design was measured on: executions of each source chunk, by chunking, job and budget.

    once_matrix.py [--swath PROGRAM] [--size 8192] [--budgets 256,128,64,32,16,8] [--threads 2] [--only TEXT] [--folder DIR]
                   [--backend cpu|gpu] [--adapter llvmpipe] [--results FILE.json]

Models are made by `swath synth`, float32; outputs have 256-pixel tiles. For every run: executions per chunk (the greatest count
of any chunk), predicted peak in MiB, predicted over measured peak, growth of the peak RSS over an idle process, and bytes read as the kernel counts
them over the file's size. A budget below the minimum is refused; the minimum that the refusal names is run instead. Prints
Markdown. Exit status 1 if a promise is not kept: executions 1.00, measured <= predicted <= budget, RSS <= budget + 48 MiB,
bytes read <= 1.05, predicted <= 1.25 measured, the same output bytes at every budget.

With --backend gpu the budgets are the device's (256, 64, 16 MiB unless given) and the lines are four jobs of one chunking: also
readbacks == swaths x lanes, bytes read back == the outputs' uncompressed bytes, measured <= predicted <= budget on the device, by
the ledger; `tests/device/device_budget.rs` holds the device's own allocator report to the same at smaller sizes.

--results keeps every run's numbers in a file: what is in it is not run again, so that the whole can be made in parts.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
# The seed's executions per chunk on 8192 x 8192 (65,536 x 2,048 for wide), by budget in MiB.
SEED = {
    ("copy", "1024"): {256: 1.00, 128: 1.00, 64: 4.50, 32: 5.00, 16: 6.50, 8: 8.00},
    ("slope", "1024"): {256: 1.00, 128: 1.50, 64: 15.1, 32: 20.6, 16: 33.0, 8: 60.5},
    ("slope", "512"): {256: 1.00, 128: 1.25, 64: 1.75, 32: 6.83, 16: 7.91, 8: 11.1},
    ("copy", "wide"): {b: 4.0 for b in (256, 128, 64, 32, 16, 8)},
    ("slope", "wide"): {256: 8.25, 128: 8.75, 64: 9.75},
}
CHUNKS = {
    "256": ["--tile-size", "256"],
    "304": ["--tile-size", "304"],
    "512": ["--tile-size", "512"],
    "704": ["--tile-size", "704"],
    "1008": ["--tile-size", "1008"],
    "1024": ["--tile-size", "1024"],
    "4096": ["--tile-size", "4096"],
    "strips of 300": ["--strip-rows", "300"],
    "strips of 1000": ["--strip-rows", "1000"],
    "one strip": ["--strip-rows", "8192"],
}
CHAINS = {
    "five slopes in a row": "! slope " * 5,
    "slope of a mean": "! focal --stat mean --radius 1 ! slope ",
    "five means in a row": "! focal --stat mean --radius 1 " * 5,
}
WIDE = {"wide": "65536x2048", "very wide": "200000x1024"}
# Of three files of one grid that are stored in other chunks.
INDEX = "(A - B) / (1 + abs(C))"
OTHERS = {"B": "512", "C": "256"}
TEE = "! tee [ slope ! write {0}.slope.tif ] [ aspect ! write {0}.aspect.tif ] [ hillshade ! write {0}.hillshade.tif ]"


def run(command):
    """Exit status, bytes read, peak RSS, what was said."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = [0]

    def watch():
        # wait4's ru_maxrss would include what this interpreter had before the exec.
        while True:
            try:
                with open(f"/proc/{child.pid}/status") as f:
                    peak[0] = max(peak[0], int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) << 10)
            except (OSError, TypeError):
                return
            time.sleep(0.004)

    watcher = threading.Thread(target=watch)
    watcher.start()
    said = child.stderr.read()
    watcher.join()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with open(f"/proc/{child.pid}/io") as f:
        read = int(re.search(r"rchar: (\d+)", f.read())[1])
    child.wait()
    return child.returncode, read, peak[0], said


def bytes_named(said):
    """The minimum that a refusal names."""
    found = re.search(r"at least ([\d.]+) ?(B|KiB|MiB|GiB)", said)
    return found and round(float(found[1]) * {"B": 1, "KiB": 1 << 10, "MiB": MIB, "GiB": 1 << 30}[found[2]])


def digest(paths):
    sha = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            while block := f.read(1 << 20):
                sha.update(block)
    return sha.hexdigest()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--swath", default=os.path.join(HERE, "../../target/release/swath"))
    ap.add_argument("--size", type=int, default=8192)
    ap.add_argument("--budgets", help="MiB; of the host, or of the device with --backend gpu")
    ap.add_argument("--threads", default="2")
    ap.add_argument("--only", default="", help="only lines that contain this")
    ap.add_argument("--backend", default="cpu", choices=["cpu", "gpu"])
    ap.add_argument("--adapter", default="llvmpipe")
    ap.add_argument("--results", help="a file in which every run is kept")
    ap.add_argument("--folder", help="where models are kept between runs")
    a = ap.parse_args()
    budgets = [int(b) for b in (a.budgets or ("256,64,16" if a.backend == "gpu" else "256,128,64,32,16,8")).split(",")]
    scratch = tempfile.TemporaryDirectory(dir=a.folder)
    folder = a.folder or scratch.name
    size = f"{a.size}x{a.size}"
    if a.backend == "gpu":
        lines = [(job, "1024", size, CHUNKS["1024"]) for job in ("slope", "slope of a mean", "slope + aspect + hillshade", "index of three")]
    else:
        jobs = ("copy", "slope", *CHAINS, "slope + aspect + hillshade", "index of three")
        lines = [(job, name, size, options) for job in jobs for name, options in CHUNKS.items()]
        lines += [("slope of strips to strips of 16", "strips of 300", size, CHUNKS["strips of 300"])]
        lines += [(job, name, shape, CHUNKS["1024"]) for name, shape in WIDE.items() for job in jobs]
    kept = {}
    if a.results and os.path.exists(a.results):
        with open(a.results) as f:
            kept = json.load(f)
    _, idle_read, idle_rss, _ = run([a.swath, "--version"])
    print("Cells: executions per chunk; predicted host MiB; predicted / measured; growth of peak RSS in MiB; bytes read / file size; "
          "swaths x lanes.\n")
    print("| job | chunks | " + " | ".join(f"{b} MiB" for b in budgets) + " |")
    print("|---" * (len(budgets) + 2) + "|")
    broken = []
    for job, name, shape, options in lines:
        if a.only not in f"{job}, {name}":
            continue
        cells, digests = [], set()
        for budget in budgets:
            key = f"{a.backend}, {shape}, {job}, {name}, {budget} MiB"
            if key not in kept:
                models = {"A": model_of(a, folder, shape, name, options)}
                if job == "index of three":
                    models |= {letter: model_of(a, folder, shape, other, CHUNKS[other]) for letter, other in OTHERS.items()}
                kept[key] = one(a, job, models, budget, os.path.join(scratch.name, "out"), idle_read, idle_rss)
                if a.results:
                    with open(a.results, "w") as f:
                        json.dump(kept, f, indent=1)
            cell = kept[key]
            beside = SEED.get((job, name), {}).get(budget)
            cells.append(shown(cell, beside if a.backend == "cpu" else None))
            digests.add(cell.get("digest"))
            broken += [f"{key}: {what}" for what in cell["broken"]]
        if len(digests) > 1:
            broken.append(f"{job}, {name}: other bytes at another budget")
        print(f"| {job} | {name} | " + " | ".join(cells) + " |", flush=True)
    for line in broken:
        print("NOT KEPT", line)
    sys.exit(1 if broken else 0)


def model_of(a, folder, shape, name, options):
    """The model in such chunks, made where it is not there yet."""
    model = os.path.join(folder, f"once_{shape}_{name.replace(' ', '_')}.tif")
    if not os.path.exists(model):
        made = [a.swath, "synth", model, "--size", shape, "-q", "--level", "1", "--host-memory", "2G", *options]
        subprocess.run(made, check=True)
    return model


def command_of(a, job, models, out):
    """The command line without its budget, and the files that it writes."""
    model = models["A"]
    layout = ["--strip-rows", "16"] if "to strips" in job else ["--tile-size", "256"]
    backend = ["--backend", "gpu", "--adapter", a.adapter] if a.backend == "gpu" else ["--backend", "cpu"]
    fixed = ["--level", "1", "--overwrite", "-q", *backend, "--threads", a.threads, "--report", f"{out}.json"]
    if job == "copy":
        return [a.swath, "convert", model, f"{out}.tif", *layout, *fixed], [f"{out}.tif"]
    if job in CHAINS:
        return [a.swath, "pipeline", *layout, *fixed, "read", model, *CHAINS[job].split(), "!", "write", f"{out}.tif"], [f"{out}.tif"]
    if job == "index of three":
        inputs = [word for letter, path in models.items() for word in (f"--{letter}", path)]
        return [a.swath, "calc", INDEX, *inputs, f"{out}.tif", *layout, *fixed], [f"{out}.tif"]
    if "+" in job:
        outputs = [f"{out}.{n}.tif" for n in ("slope", "aspect", "hillshade")]
        return [a.swath, "pipeline", *layout, *fixed, "read", model, *TEE.format(out).split()], outputs
    return [a.swath, "slope", model, f"{out}.tif", *layout, *fixed], [f"{out}.tif"]


def one(a, job, models, budget, out, idle_read, idle_rss):
    """One run: its numbers, and what of the promises it does not keep."""
    command, outputs = command_of(a, job, models, out)
    option, memory = ("--device-memory", "device") if a.backend == "gpu" else ("--host-memory", "host")
    limit, least = budget * MIB, None
    under = lambda limit: [*command[:2], option, str(limit), *command[2:]]
    status, read, rss, said = run(under(limit))
    if status and (minimum := bytes_named(said)):
        limit = least = minimum
        status, read, rss, said = run(under(limit))
    if status:
        return {"failed": said.strip()[:120], "broken": [said.strip()]}
    with open(f"{out}.json") as f:
        report = json.load(f)
    sources, host, device = report["inputs"], report["host"], report["device"]
    held = report[memory]
    mean = max(source["chunks_decoded"] / source["chunks"] for source in sources)
    size = sum(os.path.getsize(model) for model in models.values())
    cell = {
        "least": least,
        "executions": mean,
        "predicted": held["predicted_peak"],
        "ratio": held["predicted_peak"] / held["measured_peak"],
        "growth": rss - idle_rss,
        "share": (read - idle_read) / size,
        "swaths": report["swaths"],
        "lanes": report["lanes"],
        "seconds": report["seconds"]["total"],
        "digest": digest(outputs),
    }
    kept = {
        "decoded once": mean == 1 and all(source["max_decodes_per_chunk"] == 1 for source in sources),
        "rows once": all(o["rows_computed"] == o["rows"] for o in report["operators"]),
        "within the prediction": host["measured_peak"] <= host["predicted_peak"] <= host["budget"],
        "predicted at most 1.25 of measured": cell["ratio"] <= 1.25,
    }
    if a.backend == "cpu":
        kept |= {"RSS": cell["growth"] <= limit + 48 * MIB, "bytes read": cell["share"] <= 1.05}
    else:
        # Drivers read files of their own: the job's own count it is.
        cell["share"] = sum(source["bytes_read"] for source in sources) / size
        width = {"uint8": 1, "float32": 4}
        back = sum(o["width"] * o["height"] * width[o["dtype"]] for o in report["outputs"])
        kept |= {
            "readbacks": report["readbacks"] == report["swaths"] * report["lanes"] * len(report["outputs"]),
            "bytes read back": report["bytes_read_back"] == back,
            "within the device": device["measured_peak"] <= device["predicted_peak"] <= device["budget"],
            "bytes read": cell["share"] <= 1.05,
        }
    return cell | {"broken": [what for what, is_so in kept.items() if not is_so]}


def shown(cell, seed):
    if "failed" in cell:
        return f"failed: {cell['failed']}"
    least = f"least {cell['least'] / MIB:.1f} MiB: " if cell["least"] else ""
    beside = f" (seed {seed:.2f})" if seed and not least else ""
    numbers = f"{cell['predicted'] / MIB:.1f}; {cell['ratio']:.2f}; {cell['growth'] / MIB:.0f}; {cell['share']:.3f}"
    return f"{least}{cell['executions']:.2f}{beside}; {numbers}; {cell['swaths']} x {cell['lanes']}"


if __name__ == "__main__":
    main()

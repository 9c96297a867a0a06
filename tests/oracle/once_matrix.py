#!/usr/bin/env python3
"""The matrix that the seed design was measured on: executions of each source chunk, by chunking, job and budget.

    once_matrix.py [--swath PROGRAM] [--size 8192] [--budgets 256,128,64,32,16,8] [--threads 2] [--only TEXT] [--folder DIR]

Models are made by `swath synth`, float32; outputs have 256-pixel tiles. For every run: executions per chunk (the greatest count
of any chunk), predicted peak in MiB, predicted over measured peak, growth of the peak RSS over an idle process, and bytes read as the kernel counts
them over the file's size. A budget below the minimum is refused; the minimum that the refusal names is run instead. Prints
Markdown. Exit status 1 if a promise is not kept: executions 1.00, measured <= predicted <= budget, RSS <= budget + 48 MiB,
bytes read <= 1.05, the same output bytes at every budget.
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
CHAIN = "! slope " * 5
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
    ap.add_argument("--budgets", default="256,128,64,32,16,8")
    ap.add_argument("--threads", default="2")
    ap.add_argument("--only", default="", help="only lines that contain this")
    ap.add_argument("--folder", help="where models are kept between runs")
    a = ap.parse_args()
    budgets = [int(b) for b in a.budgets.split(",")]
    scratch = tempfile.TemporaryDirectory(dir=a.folder)
    folder = a.folder or scratch.name
    size = f"{a.size}x{a.size}"
    lines = [("slope", name, size, options) for name, options in CHUNKS.items()]
    lines += [(job, "1024", size, CHUNKS["1024"]) for job in ("copy", "five slopes in a row", "slope + aspect + hillshade")]
    lines += [("slope of strips to strips of 16", "strips of 300", size, CHUNKS["strips of 300"])]
    lines += [(job, "wide", "65536x2048", CHUNKS["1024"]) for job in ("copy", "slope")]
    lines += [(job, "very wide", "200000x1024", CHUNKS["1024"]) for job in ("slope",)]
    _, idle_read, idle_rss, _ = run([a.swath, "--version"])
    print("Cells: executions per chunk; predicted host MiB; predicted / measured; growth of peak RSS in MiB; bytes read / file size.\n")
    print("| job | chunks | " + " | ".join(f"{b} MiB" for b in budgets) + " |")
    print("|---" * (len(budgets) + 2) + "|")
    broken = []
    for job, name, shape, options in lines:
        if a.only not in f"{job}, {name}":
            continue
        model = os.path.join(folder, f"once_{shape}_{name.replace(' ', '_')}.tif")
        if not os.path.exists(model):
            made = [a.swath, "synth", model, "--size", shape, "-q", "--level", "1", "--host-memory", "2G", *options]
            subprocess.run(made, check=True)
        out = os.path.join(scratch.name, "out")
        outputs = [f"{out}.tif"]
        layout = ["--strip-rows", "16"] if "to strips" in job else ["--tile-size", "256"]
        fixed = ["--level", "1", "--overwrite", "-q", "--backend", "cpu", "--threads", a.threads, "--report", f"{out}.json"]
        if job == "copy":
            command = [a.swath, "convert", model, outputs[0], *layout, *fixed]
        elif job.startswith("slope of") or job == "slope":
            command = [a.swath, "slope", model, outputs[0], *layout, *fixed]
        elif job.startswith("five"):
            command = [a.swath, "pipeline", *layout, *fixed, "read", model, *CHAIN.split(), "!", "write", outputs[0]]
        else:
            words = TEE.format(out).split()
            outputs = [f"{out}.{n}.tif" for n in ("slope", "aspect", "hillshade")]
            command = [a.swath, "pipeline", *layout, *fixed, "read", model, *words]
        cells, digests = [], set()
        for budget in budgets:
            least, limit = "", budget * MIB
            memory = lambda limit: [*command[:2], "--host-memory", str(limit), *command[2:]]
            status, read, rss, said = run(memory(limit))
            if status and (minimum := bytes_named(said)):
                limit, least = minimum, f"least {minimum / MIB:.1f} MiB: "
                status, read, rss, said = run(memory(limit))
            if status:
                cells.append(f"failed: {said.strip()[:120]}")
                broken.append(f"{job}, {name}, {budget} MiB: {said.strip()}")
                continue
            with open(f"{out}.json") as f:
                report = json.load(f)
            source, host = report["inputs"][0], report["host"]
            ratio = host["predicted_peak"] / host["measured_peak"]
            growth, share = rss - idle_rss, (read - idle_read) / os.path.getsize(model)
            mean = source["chunks_decoded"] / source["chunks"]
            seed = SEED.get((job, name), {}).get(budget)
            beside = f" (seed {seed:.2f})" if seed and not least else ""
            predicted = host["predicted_peak"] / MIB
            cells.append(f"{least}{mean:.2f}{beside}; {predicted:.1f}; {ratio:.2f}; {growth / MIB:.0f}; {share:.3f}")
            digests.add(digest(outputs))
            kept = {
                "decoded once": mean == 1 and source["max_decodes_per_chunk"] == 1,
                "rows once": all(o["rows_computed"] == o["rows"] for o in report["operators"]),
                "within the prediction": host["measured_peak"] <= host["predicted_peak"] <= host["budget"],
                "RSS": growth <= limit + 48 * MIB,
                "bytes read": share <= 1.05,
            }
            broken += [f"{job}, {name}, {budget} MiB: {what}" for what, is_so in kept.items() if not is_so]
            if ratio > 1.25:
                broken.append(f"{job}, {name}, {budget} MiB: predicted {ratio:.2f} of measured")
        if len(digests) > 1:
            broken.append(f"{job}, {name}: other bytes at another budget")
        print(f"| {job} | {name} | " + " | ".join(cells) + " |", flush=True)
        if not a.folder:
            os.remove(model)
    for line in broken:
        print("NOT KEPT", line)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()

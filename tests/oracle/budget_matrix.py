#!/usr/bin/env python3
"""One slope of an 8192 x 8192 float32 model in 1024-pixel deflated tiles, to 256-pixel tiles, under ever smaller budgets.

    budget_matrix.py [--swath PROGRAM] [--size 8192] [--budgets 256,128,64,32] [--backend cpu | --backend gpu --adapter llvmpipe]
                     [--threads N] [--folder DIR]

Prints a table and checks, at every budget: each chunk decoded once, each row computed once, one readback a swath and lane,
measured peak within the budget and at least 0.8 of the predicted one (predicted at most 1.25 of measured), bytes read by the
process (as the kernel counts them, and by strace where it is installed) 0.95 to 1.05 of the input, and the same output bytes.
Exit status 1 if anything is not so.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def run_counted(command):
    """Runs a command; bytes that its system calls read, its peak RSS in bytes, its wall seconds."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = child.stderr.read()
    # The process has closed stderr but is not reaped, so that its counters can still be read.
    read = None
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        with open(f"/proc/{child.pid}/io") as f:
            read = int(re.search(r"rchar: (\d+)", f.read())[1])
    except OSError:
        pass
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)}\n{said}")
    return read, usage.ru_maxrss * 1024, time.monotonic() - began


def strace_bytes(command, input_path, folder):
    """Bytes that reading system calls returned from the input's descriptors, by strace; None where it is not installed."""
    if not shutil.which("strace"):
        return None
    log = os.path.join(folder, "strace.log")
    calls = "read,pread64,readv,preadv,preadv2,mmap"
    subprocess.run(["strace", "-f", "-y", "-o", log, "-e", f"trace={calls}", *command], check=True, capture_output=True)
    name, total = f"<{os.path.realpath(input_path)}>", 0
    unfinished = set()
    with open(log) as f:
        for line in f:
            thread = line.split(None, 1)[0]
            if "unfinished ...>" in line:
                (unfinished.add if name in line else unfinished.discard)(thread)
                continue
            resumed = "resumed>" in line and thread in unfinished
            if resumed or name in line:
                if "mmap" in line:
                    sys.exit(f"the input is mapped: {line}")
                got = re.search(r"= (\d+)$", line.strip())
                total += int(got[1]) if got else 0
                unfinished.discard(thread)
    os.remove(log)
    return total


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--swath", default=os.path.join(HERE, "../../target/release/swath"))
    ap.add_argument("--size", type=int, default=8192)
    ap.add_argument("--budgets", default="256,128,64,32")
    ap.add_argument("--backend", default="cpu")
    ap.add_argument("--adapter")
    ap.add_argument("--threads", type=int)
    ap.add_argument("--folder", help="where the model is kept between runs")
    ap.add_argument("--no-strace", action="store_true")
    a = ap.parse_args()
    scratch = tempfile.TemporaryDirectory(dir=a.folder)
    model = os.path.join(a.folder or scratch.name, f"budget_matrix_{a.size}.tif")
    if not os.path.exists(model):
        generator = [sys.executable, os.path.join(HERE, "gen_dem.py"), model, str(a.size), str(a.size), "float32"]
        subprocess.run([*generator, "--tile", "1024", "--compress", "deflate"], check=True)
    size = os.path.getsize(model)
    out, report_path = os.path.join(scratch.name, "slope.tif"), os.path.join(scratch.name, "report.json")
    fixed = [a.swath, "slope", model, out, "--tile-size", "256", "--overwrite", "--quiet", "--report", report_path, "--backend", a.backend]
    fixed += ["--adapter", a.adapter] if a.adapter else []
    fixed += ["--threads", str(a.threads)] if a.threads else []
    idle = run_counted([a.swath, "--version"])[0] or 0
    print(f"{model}: {size} bytes")
    columns = "budget MiB", "swaths", "lanes", "max decodes", "rows", "readbacks", "predicted", "measured", "ratio", "RSS MiB", "rchar/size", "strace/size", "wall s", "sha256"
    print(" | ".join(columns))
    failures, digests = [], set()
    for mib in a.budgets.split(","):
        command = [*fixed, "--host-memory", f"{mib}M"]
        read, rss, wall = run_counted(command)
        with open(report_path) as f:
            r = json.load(f)
        digest = sha256(out)
        digests.add(digest)
        traced = None if a.no_strace else strace_bytes(command, model, scratch.name)
        source, operator, host = r["inputs"][0], r["operators"][0], r["host"]
        ratio = host["predicted_peak"] / max(1, host["measured_peak"])
        # Drivers and shader caches are read, too, on the GPU backend.
        counted = (read - idle) / size if read and a.backend == "cpu" else None
        print(" | ".join(str(v) for v in (
            mib, r["swaths"], r["lanes"], source["max_decodes_per_chunk"], f"{operator['rows_computed']}/{operator['rows']}",
            r["readbacks"], host["predicted_peak"], host["measured_peak"], f"{ratio:.3f}", f"{rss / 2**20:.0f}",
            "-" if counted is None else f"{counted:.4f}", "-" if traced is None else f"{traced / size:.4f}", f"{wall:.2f}", digest[:12])), flush=True)
        promises = {
            "every chunk decoded once": source["chunks_decoded"] == source["chunks"] and source["max_decodes_per_chunk"] == 1,
            "every row computed once": operator["rows_computed"] == operator["rows"],
            "one readback a swath and lane": a.backend == "cpu" or r["readbacks"] == r["swaths"] * r["lanes"],
            "measured within budget": host["measured_peak"] <= host["budget"] == int(mib) << 20,
            "measured within predicted": host["measured_peak"] <= host["predicted_peak"],
            "predicted at most 1.25 of measured": ratio <= 1.25,
            "bytes read (report)": 0.95 <= source["bytes_read"] / size <= 1.05,
            "bytes read (kernel)": counted is None or 0.95 <= counted <= 1.05,
            "bytes read (strace)": traced is None or 0.95 <= traced / size <= 1.05,
        }
        failures += [f"{mib} MiB: {what}" for what, kept in promises.items() if not kept]
    if len(digests) != 1:
        failures.append("the same bytes at every budget")
    for failure in failures:
        print("NOT KEPT", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

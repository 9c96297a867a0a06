#!/usr/bin/env python3
"""A slope to COG in one pass, at full size: counts, memory, disk, and the same bytes however it is made.

    check_one_pass_cog.py [--size 10000] [--swath target/release/swath] [--folder DIR] [--also DIR ...] [--adapter llvmpipe]

One model (`swath synth`, float32), one COG (deflate 6, average overviews), made at 256 and 64 MiB of host memory, with 1 and 2
threads, and with the prefix put in by each method that the file system knows; in every --also folder too (another file system: XFS
and btrfs know reflinks, ext4 and XFS inserted ranges). With --adapter, once more on that adapter at two device budgets, held
against each other. Held of every run: chunks decoded once, operator rows once, peak RSS <= budget + 48 MiB (CPU), the ledger's
peak <= predicted <= budget, disk in use while it runs (lengths of all files of the folder, and in --folder their blocks too, looked at
every 5 ms; XFS gives files that grow more blocks than they asked for) <= the final file + the overviews that the plan let wait, and the
same bytes. Prints Markdown; exit status 1 if anything is not kept.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from once_matrix import MIB, digest, run  # noqa: E402

# What the file system itself may take for a file, and the room that is rounded up to its blocks before the prefix.
SLACK = MIB


class Disk(threading.Thread):
    """The most that a folder's files took: in blocks, and by their lengths."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.blocks, self.lengths, self.ended = folder, 0, 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.005):
            files = []
            for entry in os.scandir(self.folder):
                try:
                    files.append(entry.stat())
                except FileNotFoundError:
                    pass
            self.blocks = max(self.blocks, sum(f.st_blocks * 512 for f in files))
            self.lengths = max(self.lengths, sum(f.st_size for f in files))


def job(a, model, folder, elsewhere, method, host, threads, device=None):
    """One run: what it was, and its figures; None where the file system lacks the method."""
    out, report = os.path.join(folder, "out.tif"), os.path.join(folder, "report.json")
    where = ["--backend", "cpu"] if device is None else ["--backend", "gpu", "--adapter", a.adapter, "--device-memory", f"{device}M"]
    command = [a.swath, "slope", model, out, "--cog", "--level", "6", "--resampling", "average", "--prefix-method", method, *where,
               "--host-memory", f"{host}M", "--threads", str(threads), "--report", report, "--overwrite", "--quiet"]
    if os.path.exists(out):
        os.remove(out)
    disk = Disk(folder)
    disk.start()
    began = time.monotonic()
    status, _, rss, said = run(command)
    wall = time.monotonic() - began
    disk.ended.set()
    disk.join()
    if status:
        if method != "auto" and re.search(r"os error (95|22)\b", said):
            return None
        sys.exit(f"{' '.join(command)}: status {status}\n{said}")
    with open(report) as f:
        r = json.load(f)
    size = os.path.getsize(out)
    return {
        "size": size,
        "digest": digest([out]),
        "wall": wall,
        "rss": rss,
        "host": r["host"],
        "spool": r["spool"],
        "disk": (disk.lengths, disk.blocks),
        "kept": {
            "decoded once": all(i["chunks_decoded"] == i["chunks"] and i["max_decodes_per_chunk"] == 1 for i in r["inputs"]),
            "rows once": all(o["rows_computed"] == o["rows"] for o in r["operators"]),
            "ledger": r["host"]["measured_peak"] <= r["host"]["predicted_peak"] <= r["host"]["budget"],
            "spool": r["spool"]["measured"] <= r["spool"]["predicted"],
            "disk": (disk.lengths if elsewhere else max(disk.lengths, disk.blocks)) <= size + r["spool"]["predicted"] + SLACK,
            "RSS": device is not None or rss <= (host + 48) * MIB,
        },
    }


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--size", type=int, default=10000)
    ap.add_argument("--swath", default=os.path.join(HERE, "../../target/release/swath"))
    ap.add_argument("--folder", help="where the model and the outputs go")
    ap.add_argument("--also", nargs="*", default=[], help="folders of other file systems")
    ap.add_argument("--adapter")
    a = ap.parse_args()
    broken, digests = [], {}
    with tempfile.TemporaryDirectory(dir=a.folder) as scratch:
        model = os.path.join(scratch, "model.tif")
        subprocess.run([a.swath, "synth", model, "--size", f"{a.size}x{a.size}", "--tile-size", "512", "--level", "1", "-q"], check=True)
        runs = [("CPU", "auto", 256, 2, None), ("CPU", "auto", 256, 1, None), ("CPU", "auto", 64, 2, None), ("CPU", "auto", 64, 1, None)]
        runs += [("CPU", method, 256, 2, None) for method in ("insert", "copy", "shift")]
        jobs = [("", scratch, run) for run in runs]
        jobs += [(f" in {other}", other, run) for other in a.also for run in runs[-3:]]
        if a.adapter:
            jobs += [("", scratch, (a.adapter, "auto", 256, 2, device)) for device in (256, 32)]
        print("| backend | prefix | budget MiB | threads | wall s | peak RSS MiB | host predicted / measured MiB | file MiB | "
              "most on disk MiB, lengths / blocks | overviews waiting, predicted / measured MiB | sha256 |")
        print("|" + "---|" * 11)
        for place, folder, (backend, method, host, threads, device) in jobs:
            with tempfile.TemporaryDirectory(dir=folder) as work:
                got = job(a, model, work, bool(place), method, host, threads, device)
            name = f"{backend} | {method}{place} | {host if device is None else f'{host}, device {device}'} | {threads}"
            if got is None:
                print(f"| {name} | not to be had on this file system |" + " |" * 6, flush=True)
                continue
            mib = lambda n: f"{n / MIB:.1f}"
            print(f"| {name} | {got['wall']:.2f} | {mib(got['rss'])} | {mib(got['host']['predicted_peak'])} / "
                  f"{mib(got['host']['measured_peak'])} | {mib(got['size'])} | {mib(got['disk'][0])} / {mib(got['disk'][1])} | {mib(got['spool']['predicted'])} / "
                  f"{mib(got['spool']['measured'])} | {got['digest'][:12]} |", flush=True)
            digests.setdefault(backend, set()).add(got["digest"])
            broken += [f"{name}: {what}" for what, is_so in got["kept"].items() if not is_so]
    broken += [f"{backend}: {len(made)} different files" for backend, made in digests.items() if len(made) > 1]
    for line in broken:
        print("NOT KEPT", line)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Random jobs for as long as is asked, several processes at a time into one folder: none may fail, exceed its memory, write other bytes
than the same job wrote before, or leave anything behind.

    soak.py SWATH [--minutes 10] [--processes 3] [--seed 1] [--over 48] [--keep FOLDER]

A job is an operator or a copy of one of a few sources, a container, a layout, a codec, and a host budget and a number of threads that must
not matter: the files of equal jobs are compared by hash. A budget that a job refuses must be refused with a minimum, and the job is run again
with that. Peak resident memory may exceed the budget by `--over` MiB. Now and then a job is ended by SIGTERM or SIGKILL. Prints a line a
minute: jobs, refusals, ends by signal, and the largest peak beyond its budget in that minute, which must not grow. Needs Linux and nothing
but Python's standard library. Exit 1 at the first fault.
"""

import argparse
import collections
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("swath")
ap.add_argument("--minutes", type=float, default=10)
ap.add_argument("--processes", type=int, default=3)
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--over", type=float, default=48)
ap.add_argument("--keep")
a = ap.parse_args()
SWATH = os.path.abspath(a.swath)
MIB = 1 << 20

SOURCES = {
    "float.tif": "synth --size 1500x1100 --missing 0.03 --tile-size 256",
    "strips.tif": "synth --size 900x1300 --missing 0.1 --strip-rows 17 --compress zstd",
    "wide.tif": "synth --size 9000x200 --tile-size 512 --compress none",
}
DERIVED = {"int16.tif": "cast float.tif --to int16 --compress lzw", "bytes.tif": "hillshade float.tif --compress packbits"}
OPERATORS = [
    "slope", "slope --unit percent", "aspect", "hillshade", "hillshade --variant multidirectional", "curvature", "tri", "roughness", "normals",
    "focal --stat mean --radius 4", "focal --stat median --radius 2", "focal --stat majority --radius 1", "tpi --radius 6",
    "morphology --radius 2", "quantile --classes 5", "standardise", "rescale --from 0,2000 --to 0,255", "clamp --min 300", "convert",
]
CONTAINERS = ["", "--cog", "--cog --resampling cubic", "--overviews auto", "--stats", "--bigtiff yes", "--sparse"]
LAYOUTS = ["--tile-size 256", "--tile-size 512", "--tile-size 128x64", "--strip-rows 23"]
CODECS = ["", "--level 6", "--compress none", "--compress zstd", "--compress lzw", "--compress lerc", "--verify"]

faults, lock = [], threading.Lock()
hashes = {}
tally = collections.Counter()
minutes = collections.defaultdict(float)
largest = [(0.0, "")]


def fault(job, what):
    with lock:
        faults.append(f"{' '.join(job)}\n    {what}")


def run(job, end):
    """Runs a job and returns its exit status (negative: a signal), what it said, and its peak memory in bytes."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(job, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        if end:
            time.sleep(random.random() * 0.5)
            os.kill(child.pid, end)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return child.returncode, said.read().decode(errors="replace"), usage.ru_maxrss * 1024


def one(worker, number, draw, began):
    operator, source = draw.choice(OPERATORS), draw.choice([*SOURCES, *DERIVED])
    container, layout, codec = draw.choice(CONTAINERS), draw.choice(LAYOUTS), draw.choice(CODECS)
    if "cog" in container and "strip" in layout:
        layout = LAYOUTS[0]
    if "lerc" in codec and operator == "normals":
        codec = CODECS[0]
    name, *options = operator.split()
    budget, threads = draw.choice([16, 24, 40, 64, 128, 512]) * MIB, draw.choice([1, 2, 3, 8])
    end = draw.choice([None] * 12 + [signal.SIGTERM, signal.SIGKILL])
    out = f"out/{worker}-{number}.tif"
    what = [name, source, *options, *container.split(), *layout.split(), *codec.split()]
    key = " ".join(what)

    def job(budget):
        return [SWATH, name, source, out, *what[2:], "--backend", "cpu", "--threads", str(threads), "--host-memory", str(budget), "-q"]

    status, said, peak = run(job(budget), end)
    if status == 2:
        # The jobs above are right, so that a refusal can only be for memory, and says how much it takes.
        least = re.search(r"at least (\d+(?:\.\d+)?) ([KMG])iB", said)
        if "memory" not in said or not least:
            return fault(job(budget), said.strip())
        budget = int((float(least[1]) + 1) * {"K": 1 << 10, "M": MIB, "G": 1 << 30}[least[2]])
        tally["refused"] += 1
        status, said, peak = run(job(budget), None)
    if end and status in (-signal.SIGKILL, -signal.SIGTERM, 143):
        tally["ended"] += 1
        if status == 143 and any(f"{worker}-{number}" in left for left in os.listdir("out") if not left.endswith(f"{number}.tif")):
            fault(job(budget), "SIGTERM left something behind")
    elif status != 0:
        return fault(job(budget), f"status {status}: {said.strip()}")
    elif peak > budget + a.over * MIB:
        return fault(job(budget), f"{peak / MIB:.0f} MiB of {budget / MIB:.0f}")
    else:
        minute = int((time.time() - began) / 60)
        minutes[minute] = max(minutes[minute], (peak - budget) / MIB)
        largest[0] = max(largest[0], ((peak - budget) / MIB, " ".join(job(budget))))
    tally["jobs"] += 1
    if os.path.exists(out):
        # In pieces: a child begins with the peak memory of this process.
        digest = hashlib.sha256()
        with open(out, "rb") as file:
            while piece := file.read(1 << 16):
                digest.update(piece)
        digest = digest.hexdigest()
        with lock:
            if hashes.setdefault(key, digest) != digest:
                faults.append(f"{' '.join(job(budget))}\n    other bytes than before")
        os.remove(out)


def worker(index, began):
    draw, number = random.Random(a.seed * 1000 + index), 0
    while time.time() - began < 60 * a.minutes and not faults:
        one(index, number, draw, began)
        number += 1


folder = a.keep or tempfile.mkdtemp()
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
os.makedirs("out", exist_ok=True)
for name, how in [*SOURCES.items(), *DERIVED.items()]:
    words = how.split()
    subprocess.run([SWATH, *(words[:2] if name in DERIVED else words[:1]), name, *words[2 if name in DERIVED else 1 :], "-q", "--overwrite"], check=True)
began = time.time()
threads = [threading.Thread(target=worker, args=(index, began)) for index in range(a.processes)]
for thread in threads:
    thread.start()
said = 0
while any(thread.is_alive() for thread in threads):
    time.sleep(1)
    minute = int((time.time() - began) / 60)
    if minute > said:
        print(f"minute {said}: {dict(tally)}, {len(hashes)} different jobs, at most {minutes[said]:.1f} MiB beyond the budget", flush=True)
        said = minute
for thread in threads:
    thread.join()
# A killed job leaves its temporary file, which the next run of the same output removes: none of these has one.
left = [name for name in os.listdir("out") if not re.search(r"\.swath|\.tmp|\.part", name)]
if left:
    faults.append(f"left in the folder: {left}")
first, last = minutes.get(0, 0.0), minutes[max(minutes, default=0)]
print(f"{dict(tally)} in {time.time() - began:.0f} s, {len(hashes)} different jobs; beyond the budget at most {max(minutes.values(), default=0):.1f} MiB, in the first minute {first:.1f}, in the last {last:.1f}")
print(f"the largest: {largest[0][0]:.1f} MiB by {largest[0][1]}")
for line in faults:
    print("FAULT", line)
if not a.keep:
    subprocess.run(["rm", "-rf", folder])
sys.exit(bool(faults))

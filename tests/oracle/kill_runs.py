#!/usr/bin/env python3
"""SIGKILLs at random moments of a run: `kill_runs.py SWATH [N]`. N runs to a COG and N to a plain file with overviews are killed
(200 unless told); after each the final name is absent, or holds a file that `check_tif.py` passes and that is the whole one; in
the end the next run leaves nothing but its output."""

import os
import random
import subprocess
import sys
import tempfile
import time

SWATH, RUNS = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200
CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_tif.py")
random.seed(5)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.mkdir("out")
    subprocess.run([SWATH, *"synth dem.tif --size 1300x1200 --missing 0.02 --tile-size 256 --backend cpu -q".split()], check=True)
    for kind in ("--cog --stats", "--overviews auto"):
        job = [SWATH, *f"slope dem.tif out/a.tif --backend cpu -q --tile-size 64 --compress none --threads 2 {kind}".split()]
        started = time.time()
        subprocess.run(job, check=True)
        seconds = time.time() - started
        whole = open("out/a.tif", "rb").read()
        os.remove("out/a.tif")
        absent = orphans = checked = 0
        for _ in range(RUNS):
            child = subprocess.Popen(job, stderr=subprocess.DEVNULL)
            time.sleep(random.random() * seconds * 1.1)
            child.kill()
            child.wait()
            there = os.path.exists("out/a.tif")
            orphans += len(os.listdir("out")) > there
            if not there:
                absent += 1
                continue
            if open("out/a.tif", "rb").read() != whole:
                sys.exit(f"{kind}: the final name holds something else")
            if checked < 5:
                subprocess.run([sys.executable, CHECK, "--ogc", "--no-gdalinfo", "out/a.tif"], check=True, stdout=subprocess.DEVNULL)
                checked += 1
            os.remove("out/a.tif")
        subprocess.run(job, check=True)
        if os.listdir("out") != ["a.tif"] or open("out/a.tif", "rb").read() != whole:
            sys.exit(f"{kind}: the next run left {os.listdir('out')}")
        os.remove("out/a.tif")
        print(f"{kind}: {RUNS} killed, {absent} names absent, {RUNS - absent} files whole ({checked} through check_tif.py), {orphans} temporaries seen; the next run left none", flush=True)

"""What the benchmarks in this folder share: a program run as a process of its own, and what it took."""
import os
import subprocess
import sys
import time


def run(command):
    """Wall seconds, CPU seconds and peak RSS in MiB of a command; one that fails ends the benchmark with what it wrote."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)}: status {child.returncode}\n{said.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_all(commands, outputs):
    """Wall and CPU seconds of some commands, one after the other, and the largest of their peaks; `outputs` are removed first."""
    for output in outputs:
        if os.path.exists(output):
            os.remove(output)
    wall, cpu, peak = zip(*map(run, commands))
    return sum(wall), sum(cpu), max(peak)

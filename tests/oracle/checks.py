"""What the checks in this folder share, which all take the program as their first argument: a run of it, and comparisons that count."""

import os
import subprocess
import sys

import numpy as np

SWATH = os.path.abspath(sys.argv[1])
counted = 0


def expect(what, got, wanted, nan_is_nan=False):
    """Ends the check unless both are the same; in arrays NaN differs from NaN, unless `nan_is_nan`."""
    global counted
    counted += 1
    if isinstance(got, np.ndarray):
        same = np.array_equal(got, wanted, equal_nan=nan_is_nan and got.dtype.kind == "f")
    else:
        same = got == wanted
    if not same:
        sys.exit(f"{what}: {got!r} instead of {wanted!r}")


def close(what, got, wanted, within):
    global counted
    counted += 1
    if not abs(got - wanted) <= within:
        sys.exit(f"{what}: {got!r} instead of {wanted!r} within {within}")


def swath(*words, status=0):
    """Runs the program, which must end with this status; what it wrote is its `stdout` and `stderr`."""
    words = [str(word) for word in words]
    ran = subprocess.run([SWATH, *words], capture_output=True, text=True)
    if ran.returncode != status:
        sys.exit(f"swath {' '.join(words)}: status {ran.returncode}: {ran.stderr}")
    return ran


def done():
    print(f"{counted} comparisons")

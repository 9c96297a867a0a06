#!/usr/bin/env python3
"""Changes each numeric literal of each shader, one at a time, and demands that the operator tests notice.

Floats become x * 1.01 + 0.001, integers x + 1; binding numbers, workgroup sizes and offsets count. Works on a copy
(the tests read shaders from SWATH_SHADER_DIR), so the tree is never touched. Needs an adapter.
Usage: tests/mutate_shaders.py [FILE.wgsl ...]        exit 1 if a mutant survives
"""
import concurrent.futures, json, os, pathlib, re, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHADERS = ROOT / "shaders"
TESTS = ["shader_contract", "gpu_parity", "packed_bytes"]
LITERAL = re.compile(r"(?<![\w.])(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[uif]?(?![\w.])")


def binaries():
    """The test binaries, built once."""
    command = ["cargo", "test", "--no-run", "--message-format=json"] + [arg for test in TESTS for arg in ("--test", test)]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found = {}
    for line in out.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] in TESTS:
            found[message["target"]["name"]] = message["executable"]
    return [found[test] for test in TESTS]


def mutant(text):
    digits, suffix = (text[:-1], text[-1]) if text[-1] in "ui" or (text[-1] == "f" and not text.startswith("0x")) else (text, "")
    if digits.startswith("0x"):
        return f"{int(digits, 16) + 1:#x}{suffix}"
    if "." in digits or "e" in digits.lower():
        return f"{float(digits) * 1.01 + 0.001!r}{suffix}"
    return f"{int(digits) + 1}{suffix}"


def literals(path):
    at = 0
    for number, line in enumerate(path.read_text().splitlines(keepends=True), 1):
        for match in LITERAL.finditer(line.split("//")[0]):
            yield number, at + match.start(), match.group()
        at += len(line)


def killer(executables, path=None, start=0, old="", new=""):
    """The name of the first test binary that fails, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "shaders"
        shutil.copytree(SHADERS, copy)
        if path:
            text = (copy / path).read_text()
            assert text[start : start + len(old)] == old
            (copy / path).write_text(text[:start] + new + text[start + len(old) :])
        env = dict(os.environ, SWATH_SHADER_DIR=str(copy), SWATH_REQUIRE_GPU="1")
        for test, executable in zip(TESTS, executables):
            if subprocess.run([executable], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                return test
    return None


def main():
    executables = binaries()
    if failed := killer(executables):
        sys.exit(f"{failed} fails on the unchanged shaders")
    wanted = set(sys.argv[1:])
    files = sorted(p.relative_to(SHADERS) for p in SHADERS.rglob("*.wgsl") if not wanted or p.name in wanted)
    jobs = [(path, *literal) for path in files for literal in literals(SHADERS / path)]
    survivors = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda job: killer(executables, job[0], job[2], job[3], mutant(job[3])), jobs)
        for (path, line, _, old), killed in zip(jobs, results):
            print(f"{str(path):24}{line:5}  {old:>14} -> {mutant(old):24}{killed or 'SURVIVED'}", flush=True)
            survivors += killed is None
    print(f"{len(jobs)} mutants, {survivors} survived")
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()

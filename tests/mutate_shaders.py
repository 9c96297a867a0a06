#!/usr/bin/env python3
"""Changes each numeric literal of each shader, one at a time, and demands that the operator tests notice.

Floats become x * 1.01 + 0.001, integers x + 1; binding numbers, workgroup sizes and offsets count. Works on a copy
(the tests read shaders from SWATH_SHADER_DIR), so the tree is never touched. Needs an adapter. What is EQUIVALENT, and why,
is named below, counted, and not run; an entry that fits nothing any more is an error.
Usage: tests/mutate_shaders.py [FILE.wgsl ...]        exit 1 if a mutant survives
"""
import concurrent.futures, json, os, pathlib, re, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHADERS = ROOT / "shaders"
BINARY = "operators"
TESTS = ["shader_contract::", "gpu_parity::", "packed_bytes::"]
LITERAL = re.compile(r"(?<![\w.])(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[uif]?(?![\w.])")


# Seconds after which a mutant hangs, which is noticed.
PATIENCE = 600

# Mutants that compute the same: file, what the line says, which of its literals (`1.0#2` is the second 1.0), why.
EQUIVALENT = [
    ("across.wgsl", "var base = select(0.0, centre, whole);", "0.0", "the first valid sample replaces it; a row without one has the weight 0"),
    ("down.wgsl", "var least = 0.0;", "0.0", "the first row that has any replaces it"),
    ("down.wgsl", "var most = 0.0;", "0.0", "as above"),
    ("down.wgsl", "let whole = is_finite(own) && own > 0.0;", "0.0", "its sign counts: a row whose middle is valid weighs 1 or more, of smoothing 0.02 or more (radius at most 64)"),
    ("down.wgsl", "let alone = params.kind == KIND_TPI && total < 1.5;", "1.5", "of a box, weights are counts"),
    ("down.wgsl", "if weight > 0.0 {", "0.0", "as above: only boxes have deviations"),
    ("functions.wgsl", "let half = whole >> 1u;", "1u", "exponents lie from -153 to 153: a quarter and three quarters are exponents of numbers as well"),
    ("functions.wgsl", "let e = select(0.0, y, bounded);", "0.0", "beyond the bound, the result is infinite or zero whatever is added"),
    ("functions.wgsl", "let beyond = select(select(-1.0, 1.0, about > 0.0) * POWER_MOST, 0.0, bounded);", "1.0 0.0#1", "as above; `about` lies beyond 152 either way"),
    ("runs.wgsl", "return vec4<f32>(1.0, z, z, 0.0);", "0.0", "extremes are three numbers: nothing looks at the fourth"),
    ("runs.wgsl", "return vec4<f32>(n, min(a.y, b.y), max(a.z, b.z), 0.0);", "0.0", "as above"),
    ("runs.wgsl", "return vec4<f32>(n, a.y, sum, 0.0);", "0.0", "only deviations look at the fourth"),
    ("runs.wgsl", "var level = params.levels - 1u;", "1u", "shorter windows make up the same runs, within the bound of rounding"),
    ("runs.wgsl", "let about = select(vec4<f32>(), vec4<f32>(1.0, centre, 0.0, 0.0), centred && is_finite(centre));", "1.0 0.0#2", "any number of samples is taken away again; sums are three numbers"),
    ("runs.wgsl", "let wide = u32(SIDE + 2 * reach.x);", "2", "what is put together further right nothing looks at"),
    ("tally.wgsl", "let width = cols + cols + 1;", "1", "the column beyond belongs to no outline: the mask's bit is 0"),
    ("tally.wgsl", "let area = width * (rows + rows + 1);", "1", "nor does the row beyond"),
    ("tally.wgsl", "atomicStore(&gaps, 1u);", "1u", "anything but 0 says that there is a gap"),
    ("tally.wgsl", "h = (h ^ (h >> 16u)) * 0x85ebca6bu;", "16u 0x85ebca6bu", "where a table has a value does not change what is counted"),
    ("tally.wgsl", "h = (h ^ (h >> 13u)) * 0xc2b2ae35u;", "13u 0xc2b2ae35u", "as above"),
    ("tally.wgsl", "return h ^ (h >> 16u);", "16u", "as above"),
    ("tally.wgsl", "var at = slot & (SLOTS - 1u);", "1u", "as above: every search begins at an even slot"),
    ("tally.wgsl", "atomicAdd(&counts[at], 1u);", "1u", "counts are compared with each other only: all are twice as great"),
    ("tally.wgsl", "atomicStore(&counts[slot], 0u);", "0u", "as above: all are greater by one, and a used slot's still greater than an empty one's"),
    ("tally.wgsl", "if invocation == 0u {", "0u", "any one invocation may do it: all have come to the same"),
    ("tally.wgsl", "atomicStore(&most, 0u);", "0u", "a value that is there counts 1 or more; where none is, the pixel is missing"),
    ("tally.wgsl", "var tables = 1u;", "1u", "values parted among two tables are the same values"),
    ("tally.wgsl", "tables = tables * 2u;", "2u", "as above, parted by fewer bits than there are tables"),
    ("tally.wgsl", "var best = vec2<u32>(0u, TOP_KEY);", "0u", "the first value counts 1 or more and is less than TOP_KEY"),
    ("tally.wgsl", "best = vec2<u32>(0u, TOP_KEY);", "0u", "as above"),
]


def equivalent(path, code, old, nth):
    """The entries that fit the `nth` literal `old` of a line."""
    return [e for e in EQUIVALENT if e[0] == path.name and e[1] == code and {old, f"{old}#{nth}"} & set(e[2].split())]


def binary():
    """The binary of the operators' tests, built once."""
    command = ["cargo", "test", "--no-run", "--message-format=json", "--test", BINARY]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    messages = [json.loads(line) for line in out.splitlines()]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == BINARY)


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
        code, seen = line.split("//")[0], []
        for match in LITERAL.finditer(code):
            seen.append(match.group())
            yield number, at + match.start(), match.group(), code.strip(), seen.count(match.group())
        at += len(line)


def killer(executable, path=None, start=0, old="", new=""):
    """The first of the modules whose tests fail, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "shaders"
        shutil.copytree(SHADERS, copy)
        if path:
            text = (copy / path).read_text()
            assert text[start : start + len(old)] == old
            (copy / path).write_text(text[:start] + new + text[start + len(old) :])
        env = dict(os.environ, SWATH_SHADER_DIR=str(copy), SWATH_REQUIRE_GPU="1")
        for test in TESTS:
            try:
                ran = subprocess.run([executable, test], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                return f"{test} hangs"
            if ran.returncode:
                return test
    return None


def main():
    executable = binary()
    if failed := killer(executable):
        sys.exit(f"{failed} fails on the unchanged shaders")
    wanted = set(sys.argv[1:])
    files = sorted(p.relative_to(SHADERS) for p in SHADERS.rglob("*.wgsl") if not wanted or p.name in wanted)
    jobs, same, fitting = [], 0, []
    for path in files:
        for line, at, old, code, nth in literals(SHADERS / path):
            reasons = equivalent(path, code, old, nth)
            fitting += reasons
            same += bool(reasons)
            jobs += [] if reasons else [(path, line, at, old)]
    stale = [e for e in EQUIVALENT if e not in fitting and (not wanted or e[0] in wanted)]
    if stale:
        sys.exit(f"EQUIVALENT has what no shader has: {stale}")
    survivors = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda job: killer(executable, job[0], job[2], job[3], mutant(job[3])), jobs)
        for (path, line, _, old), killed in zip(jobs, results):
            print(f"{str(path):24}{line:5}  {old:>14} -> {mutant(old):24}{killed or 'SURVIVED'}", flush=True)
            survivors += killed is None
    print(f"{len(jobs)} mutants, {survivors} survived; {same} more compute the same")
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The table of deflate encoders, class by class, and what of their goals is met: `benches/frontier.rs` measures.

    benches/frontier.py [--json FILE] [--runs 5] [--sides 512,256,1024] [--class TEXT] [--tiles 12]

Without an existing FILE the bench is run and leaves its JSON there (target/frontier.json). Prints Markdown: ratio and 10^6 raw bytes a
second of a thread's CPU time, sizes and speeds of the new encoder and of the default beside libdeflate 6, and the default's time
beside that of level 4, which was the default before. Exit status 1 where a goal is missed.
"""
import argparse
import json
import os
import subprocess
import sys

ap = argparse.ArgumentParser()
ap.add_argument("--json", default="target/frontier.json")
ap.add_argument("--again", action="store_true", help="measure even if the JSON is there")
ap.add_argument("--runs", default="5")
ap.add_argument("--sides", default="512,256,1024")
ap.add_argument("--class", dest="kind", default="")
ap.add_argument("--tiles", default="12")
a = ap.parse_args()

if a.again or not os.path.exists(a.json):
    command = ["cargo", "bench", "--bench", "frontier", "--", "--runs", a.runs, "--sides", a.sides, "--class", a.kind, "--tiles", a.tiles]
    subprocess.run([*command, "--json", os.path.abspath(a.json)], check=True, stdout=sys.stderr)
results = json.load(open(a.json))


def shown(encoder):
    return f"{encoder['ratio']:.3f} / {encoder['encode']:.0f}"


def beside(one, other, what):
    return one[what] / other[what]


print("| class | tiles | libdeflate 1 | libdeflate 4 | libdeflate 6 | new | size, speed, decoding of new / 6 | default took new | size, speed of default / 6 | time of default / 4 |")
print("|---|---|---|---|---|---|---|---|---|---|")
for r in results:
    e = r["encoders"]
    one, four, six, new, default = (e[name] for name in ("libdeflate 1", "libdeflate 4", "libdeflate 6", "new", "default"))
    row = [r["class"], f"{r['tiles']} x {r['side']}", shown(one), shown(four), shown(six), shown(new)]
    row.append(f"{100 * beside(new, six, 'bytes') - 100:+.1f} %, {beside(new, six, 'encode'):.1f}, {beside(new, six, 'decode'):.2f}")
    row.append(f"{r['taken']} of {r['tiles']}")
    row.append(f"{100 * beside(default, six, 'bytes') - 100:+.1f} %, {beside(default, six, 'encode'):.1f}")
    row.append(f"{beside(four, default, 'encode'):.3f}")
    print("| " + " | ".join(row) + " |")

# (classes, sides, min speed against libdeflate 6, max % larger, min speed of decoding)
OPERATORS = ["slope p3", "aspect p3", "TRI p3"]
MODELS = ["DEM cm p3", "DEM full p3", "mean 3x3 p3"]
GOALS = [
    (OPERATORS, [512], 7.0, 1.0, 0.9),
    (OPERATORS, [256, 1024], 6.5, 1.0, 0.9),
    (MODELS, [512, 1024], 5.0, 2.5, 0.9),
    (MODELS, [256], None, 2.5, 0.9),
    (["hillshade p2", "uint16 noisy p2"], [512], 9.0, 1.0, None),
]
missed = []
for names, sides, speed, size, decoding in GOALS:
    for r in results:
        if r["class"] in names and r["side"] in sides:
            default, six = r["encoders"]["default"], r["encoders"]["libdeflate 6"]
            what = f"{r['class']}, {r['side']}"
            if speed and beside(default, six, "encode") < speed:
                missed.append(f"{what}: {beside(default, six, 'encode'):.1f} times libdeflate 6, not {speed}")
            if 100 * beside(default, six, "bytes") - 100 > size:
                missed.append(f"{what}: {100 * beside(default, six, 'bytes') - 100:+.2f} % beside libdeflate 6, not {size:+} %")
            if decoding and beside(default, six, "decode") < decoding:
                missed.append(f"{what}: decoded at {beside(default, six, 'decode'):.2f} of libdeflate 6, not {decoding}")
for r in results:
    default, four, six = (r["encoders"][name] for name in ("default", "libdeflate 4", "libdeflate 6"))
    what = f"{r['class']}, {r['side']}"
    # Where libdeflate takes all tiles, the bytes are those of level 4.
    if r["taken"] and 100 * beside(default, six, "bytes") - 100 > 2.5:
        missed.append(f"{what}: {100 * beside(default, six, 'bytes') - 100:+.2f} % beside libdeflate 6, not +2.5 %")
    if beside(four, default, "encode") > 1.02:
        missed.append(f"{what}: {beside(four, default, 'encode'):.3f} of the time of level 4, not 1.02")
print()
print("\n".join(f"MISSED: {line}" for line in missed) or "All goals are met.")
sys.exit(1 if missed else 0)

#!/usr/bin/env python3
"""Turns the measurements of `make bench` into docs/performance.md, and target/bench/performance.json and goals.md.

    performance.py FILE...      files of JSON lines, as the bench programs print them; jpeg.jsonl, python.json

A line of a comparison has: work, against, size, ours_ms, peer_ms, and where there are several, picture. Lines of
`bench_alone` have their own fields. Ratios are peer over ours, so above 1 is faster; of several pictures the median.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Work, against what, goal, whether the ratio has to be at least that, or its inverse at most.
GOALS = [
    ("H.264 crf 29, whole call", "PyAV round trip, one core", 5.0, "least"),
    ("H.264 crf 29, planes", "libx264 default, open + encode", 2.0, "least"),
    ("H.264 crf 29, planes", "libx264 cheapest with the same picture, encode only", 1.25, "least"),
    *((f"H.264 crf 29 {preset}, planes", "libx264, open + encode", goal, "least") for preset, goal in [
        ("ultrafast", 2.0), ("superfast", 2.0), ("faster", 2.0), ("medium", 2.5), ("slow", 2.0), ("veryslow", 2.0)]),
    *((f"H.264 clip crf 29 {preset}, 60 frames, planes", "libx264, open + encode", goal, "least") for preset, goal in [
        ("ultrafast", None), ("superfast", None), ("veryfast", 2.0), ("faster", None), ("medium", 2.0)]),
    *((f"H.264 clip crf 29 {preset}, 60 frames, whole call", "PyAV round trip, one core", 2.5, "least")
      for preset in ("veryfast", "medium")),
    *((f"H.264 clip crf 29 {preset}, 60 frames, planes, 2 threads", against, None, "least")
      for preset in ("ultrafast", "superfast", "veryfast", "faster", "medium")
      for against in ("the same on 1 thread", "libx264 on 2 threads, open + encode")),
    ("H.264 crf 29, planes, 2 threads", "the same on 1 thread", 1.7, "least"),
    ("H.264 crf 29, planes, 2 threads of a pool that sleeps", "the same on 1 thread", None, "least"),
    ("H.264 crf 29, planes, 2 frames side by side on 2 threads", "both on 1 thread", None, "least"),
    ("JPEG quality 43, whole call", "OpenCV imencode + imdecode", 3.0, "least"),
    ("JPEG quality 43, whole call", "TurboJPEG compress + decompress", 3.5, "least"),
    ("JPEG quality 43, whole call", "Pillow save + open", None, "least"),
    ("WebP quality 75 method 4, whole call", "OpenCV imencode + imdecode", 3.5, "least"),
    ("WebP quality 75 method 4, whole call", "Pillow save + open", 3.5, "least"),
    ("WebP quality 75 method 4, planes", "libwebp, encode only", 1.5, "least"),
    ("WebP quality 75 method 6, whole call", "Pillow save + open", 1.5, "least"),
    ("WebP quality 75 method 6, planes", "libwebp, encode only", None, "least"),
    ("H.265 crf 28 veryfast, planes", "libx265, encode only, one thread", 2.5, "least"),
    ("H.265 crf 28 ultrafast, planes", "libx265, encode only, one thread", 2.5, "least"),
    ("H.265 crf 28 medium, planes", "libx265, encode only, one thread", 2.5, "least"),
    ("H.265 crf 28 slow, planes", "libx265, encode only, one thread", 2.5, "least"),
    ("H.265 crf 28 veryfast, planes, 2 threads", "the same on 1 thread", 1.7, "least"),
    ("H.265 crf 28 ultrafast, planes, 2 threads", "the same on 1 thread", 1.7, "least"),
    ("H.265 crf 28 veryfast, planes, 2 frames side by side on 2 threads", "both on 1 thread", None, "least"),
    ("H.265 crf 28 ultrafast, planes, 2 frames side by side on 2 threads", "both on 1 thread", None, "least"),
    ("H.265 crf 28 veryfast, whole call", "PyAV round trip, one core", None, "least"),
    ("MPEG-2 qscale 8, whole call", "PyAV round trip, one core", 15.0, "least"),
    ("MPEG-4 qscale 8, whole call", "PyAV round trip, one core", 15.0, "least"),
    ("MJPEG qscale 8, whole call", "PyAV round trip, one core", 15.0, "least"),
    ("JPEG, f32 tensor in and out", "the u8 call", 1.6, "most"),
    ("f32 to u8", "NumPy (x*255).astype(uint8)", 4.0, "least"),
    ("u8 to f32", "NumPy x.astype(float32)/255", 4.0, "least"),
    ("batch of 8, H.264, 2 threads", "1 thread", 1.9, "least"),
    *((f"{kind}, {work}", against, goal, "least") for kind in ("DataLoader, 2 workers", "2 worker processes")
      for work, against, goal in [
          ("recipe apisr", "its own calls of ffmpeg, OpenCV and Pillow", 10.0),
          ("recipe real_esrgan", "OpenCV twice", None),
          ("recipe real_esrgan", "its own DiffJPEG twice, in PyTorch", 10.0),
          ("random codec and strength", "PyAV, and OpenCV for JPEG", 5.0),
          ("random codec and strength", "the command ffmpeg, and OpenCV for JPEG", 20.0)]),
]


def machine():
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{model or platform.processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; {rustc}"


def size_key(size):
    width, height = size.split("x")
    return int(width) * int(height)


def verdict(ratio, goal, bound):
    if goal is None:
        return "–"
    met = ratio >= goal if bound == "least" else ratio <= goal
    return "met" if met else "**not met**"


def compare(rows):
    """One entry for each work, peer and size that was measured, in the order of the goals."""
    for work, against, goal, bound in GOALS:
        found = [row for row in rows if row.get("work") == work and row.get("against") == against]
        for size in sorted({row["size"] for row in found}, key=size_key):
            same = [row for row in found if row["size"] == size]
            ratio = statistics.median(row["peer_ms"] / row["ours_ms"] for row in same)
            ours = statistics.median(row["ours_ms"] for row in same)
            peer = statistics.median(row["peer_ms"] for row in same)
            yield {"work": work, "against": against, "size": size, "ratio": round(ratio, 3), "ours_ms": ours,
                   "peer_ms": peer, "goal": goal, "bound": bound}


def section(entry):
    """Where an entry stands on the page."""
    if "2 worker" in entry["work"]:
        return "In loading workers"
    beside = ("the same on 1 thread", "both on 1 thread", "1 thread", "libx264 on 2 threads, open + encode")
    if entry["against"] in beside:
        return "On two threads"
    if "f32" in entry["work"]:
        return "Floating-point tensors"
    return "Beside the encoders and their wrappers, one thread"


def tables(entries):
    """For a stranger: how many times faster, and how long it takes, a column for each size."""
    lines = []
    for title in dict.fromkeys(section(entry) for entry in entries):
        shown = [entry for entry in entries if section(entry) == title]
        sizes = sorted({entry["size"] for entry in shown}, key=size_key)
        lines += ["", f"## {title}", "", f"| work | beside | {' | '.join(sizes)} |", "|---|---|" + "---|" * len(sizes)]
        for work, against in dict.fromkeys((entry["work"], entry["against"]) for entry in shown):
            cells = {entry["size"]: f"**{entry['ratio']:.2f}** ({entry['ours_ms']:.2f} ms)" for entry in shown
                     if (entry["work"], entry["against"]) == (work, against)}
            lines.append(f"| {work} | {against} | {' | '.join(cells.get(size, '') for size in sizes)} |")
    return lines


def goals(entries):
    """For us: what each ratio should be."""
    lines = ["| work | against | size | ratio | goal | |", "|---|---|---|---|---|---|"]
    for entry in entries:
        if entry["goal"] is None:
            continue
        inverse = entry["bound"] == "most"
        ratio = 1 / entry["ratio"] if inverse else entry["ratio"]
        lines.append(f"| {entry['work']} | {entry['against']} | {entry['size']} | {ratio:.2f} | {'≤' if inverse else '≥'} {entry['goal']:g} |"
                     f" {verdict(ratio, entry['goal'], entry['bound'])} |")
    return lines


def over_size(rows):
    lines = ["| codec | size | ns a pixel | bytes of memory a pixel |", "|---|---|---|---|"]
    for row in (row for row in rows if row.get("work") == "over size"):
        lines.append(f"| {row['codec']} | {row['size']} | {row['ns_per_pixel']:.2f} | {row['bytes_per_pixel']:.2f} |")
    return lines


def first_calls(rows):
    lines = ["| codec | first call of the process, ms | a later call, ms |", "|---|---|---|"]
    rows = [row for row in rows if row.get("work") == "first call"]
    for codec in dict.fromkeys(row["codec"] for row in rows):
        processes = [row for row in rows if row["codec"] == codec]
        first, later = (statistics.median(row[key] for row in processes) for key in ("ours_ms", "later_ms"))
        lines.append(f"| {codec} | {first:.3f} | {later:.3f} |")
    return lines


def row(work, against, size, ours, peer):
    return {"work": work, "against": against, "size": size, "ours_ms": ours, "peer_ms": peer}


def rows_of_jpeg(report):
    """The last line of crates/oracle/python/bench_jpeg.py."""
    for size, found in report.items():
        times = found["milliseconds"]
        for name, against in [("opencv", "OpenCV imencode + imdecode"), ("turbojpeg", "TurboJPEG compress + decompress"),
                              ("pillow", "Pillow save + open")]:
            yield row("JPEG quality 43, whole call", against, size, times["jpeg_u8"], times[name])
        yield row("JPEG, f32 tensor in and out", "the u8 call", size, times["jpeg_f32"], times["jpeg_u8"])
        yield row("f32 to u8", "NumPy (x*255).astype(uint8)", size, times["f32_to_u8"], times["numpy_f32_to_u8"])
        yield row("u8 to f32", "NumPy x.astype(float32)/255", size, times["u8_to_f32"], times["numpy_u8_to_f32"])


def rows_of_python(report):
    """What crates/frame-compression-python/benchmarks/peers.py prints."""
    for size, timed in report["sizes"].items():
        h264, h265, batch = timed["h264"], timed["h265"], timed["batch of 8, h264"]
        pyav = "PyAV round trip, one core"
        yield row("H.264 crf 29, whole call", pyav, size, h264["frame_compression.ltx.preprocess"], h264["PyAV round trip"])
        yield row("H.265 crf 28 veryfast, whole call", pyav, size, h265["frame_compression"], h265["PyAV round trip"])
        for codec, name in [("mpeg2", "MPEG-2"), ("mpeg4", "MPEG-4"), ("mjpeg", "MJPEG")]:
            yield row(f"{name} qscale 8, whole call", pyav, size, timed[codec]["frame_compression"],
                      timed[codec]["PyAV round trip"])
        for preset in ("veryfast", "medium"):
            if clip := timed.get(f"clip h264 {preset}"):
                yield row(f"H.264 clip crf 29 {preset}, 60 frames, whole call", pyav, size, clip["frame_compression"],
                          clip["PyAV round trip"])
        yield row("batch of 8, H.264, 2 threads", "1 thread", size, batch["2 threads"], batch["1 thread"])


def read(path):
    """The rows of a file of JSON lines, or of one of the two reports above."""
    text = Path(path).read_text(encoding="utf-8")
    if Path(path).stem == "python":
        return list(rows_of_python(json.loads(text[text.index("{\n") :])))
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    if Path(path).stem == "jpeg":
        return list(rows_of_jpeg(lines[-1]))
    return lines


def main(paths):
    rows = [row for path in paths for row in read(path)]
    compared = list(compare(rows))
    text = "\n".join(
        [
            "# Performance",
            "",
            "Written by `make bench`, which measures ours and the peers on the same frames in alternating rounds. In each",
            "cell: **how many times faster**, the median of several photographs and rounds, and how long ours takes. A *whole",
            "call* is RGB in, RGB out, beside encoding and decoding; *planes* are Y, Cb, Cr, beside the encoder alone.",
            "[How the times came about](performance-notes.md).",
            "",
            f"Machine: {machine()}.",
            *tables(compared),
            "",
            "## Time and memory over size",
            "",
            "Whole u8 calls on one piece of a photograph, repeated; memory is the most that one call allocates.",
            "",
            *over_size(rows),
            "",
            "## The first call of a fresh process, 512x512",
            "",
            *first_calls(rows),
        ]
    )
    (ROOT / "docs" / "performance.md").write_text(text.rstrip() + "\n", encoding="utf-8")
    out = ROOT / "target" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "goals.md").write_text("\n".join(goals(compared)) + "\n", encoding="utf-8")
    data = {"machine": machine(), "comparisons": compared, "rows": rows}
    (out / "performance.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])

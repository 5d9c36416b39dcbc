"""Times WebP at quality 75 beside OpenCV and Pillow, on photographs, one thread.

    cargo build --release -p oracle --bin bench_webp
    python crates/oracle/python/bench_webp.py [target/release/bench_webp]

Our side and libwebp's encode are timed by that program, which this one runs between its own rounds. Prints lines of JSON
as the other bench programs do: work, against, size, and the medians of ours and the peer's milliseconds a picture.
"""

import io
import json
import statistics
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from bench_jpeg import PHOTOGRAPHS, ROOT, SIZES, crop, median_time
from PIL import Image

QUALITY = 75
ROUNDS = 3


def opencv(picture: np.ndarray) -> None:
    _, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    cv2.imdecode(data, cv2.IMREAD_COLOR)


def pillow(picture: np.ndarray, method: int) -> None:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=QUALITY, method=method)
    np.asarray(Image.open(file).convert("RGB"))


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/bench_webp")
    cv2.setNumThreads(1)
    photographs = [np.asarray(Image.open(Path(ROOT) / f"assets/images/{name}.png").convert("RGB")) for name in PHOTOGRAPHS]
    peers = {
        (4, "OpenCV imencode + imdecode"): opencv,
        (4, "Pillow save + open"): lambda picture: pillow(picture, 4),
        (6, "Pillow save + open"): lambda picture: pillow(picture, 6),
    }
    times: dict[tuple, list[float]] = {}
    for _ in range(ROUNDS):
        for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
            ours = json.loads(line)
            key = (ours.pop("size"), ours.pop("method"))
            for name, value in ours.items():
                times.setdefault((*key, name), []).append(value)
        for width, height in SIZES:
            pictures = [(crop(photograph, width, height),) for photograph in photographs]
            for (method, against), function in peers.items():
                value = median_time(function, pictures, max(2, 2_000_000 // (width * height)))
                times.setdefault((f"{width}x{height}", method, against), []).append(value)
    medians = {key: statistics.median(values) for key, values in times.items()}
    for (size, method, against), peer in medians.items():
        if against.startswith("webp"):
            continue
        planes = against == "libwebp_encode"
        print(
            json.dumps(
                {
                    "work": f"WebP quality 75 method {method}, {'planes' if planes else 'whole call'}",
                    "against": "libwebp, encode only" if planes else against,
                    "size": size,
                    "ours_ms": medians[size, method, "webp_planes" if planes else "webp_u8"],
                    "peer_ms": peer,
                }
            )
        )


if __name__ == "__main__":
    main()

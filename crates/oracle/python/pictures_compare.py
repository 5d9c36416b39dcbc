"""Compares the decoding of picture files with Pillow (libjpeg-turbo, libwebp, libtiff), sample for sample.

JPEG files are made by Pillow and by cjpeg, with every subsampling, progressive or not, with restart markers, in grey,
RGB, CMYK and YCCK; WebP, PNG and BMP files by Pillow; TIFF files by Pillow and tifffile. Samples of 16 bits are rounded
to 8, as libtiff does it, where Pillow drops the low byte.
"""

import argparse
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageOps

RNG = np.random.default_rng(7)
SIZES = [(64, 48), (1, 1), (2, 2), (3, 3), (5, 7), (17, 33), (40, 1), (1, 40), (130, 67)]


def photograph(width, height, channels=3):
    """Waves, edges and noise."""
    y, x = np.mgrid[0:height, 0:width]
    edges = ((x // 9 + y // 6) % 2) * 40
    planes = [
        np.sin(x / 7 + c) * 60 + np.cos(y / 5 + c * 2) * 50 + 128 + edges + RNG.normal(0, 12, (height, width))
        for c in range(channels)
    ]
    samples = np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)
    return samples if channels > 1 else samples[..., 0]


class Files:
    """Files to compare, each with its right pixels, or none where Pillow tells them."""

    def __init__(self, folder):
        self.folder = folder
        self.expected = {}

    def path(self, name, expected=None):
        path = self.folder / f"{len(self.expected)}-{name}"
        self.expected[path] = expected
        return path

    def pillow(self, name, image, **options):
        image.save(self.path(name), **options)

    def tiff(self, name, samples, expected=None, **options):
        tifffile.imwrite(self.path(f"{name}.tif", expected), samples, **options)


def jpeg(files):
    for width, height in SIZES:
        for number, quality in enumerate([3, 50, 95]):
            for progressive in [False, True]:
                options = {"quality": quality, "progressive": progressive, "optimize": number == 1}
                for subsampling in ["4:4:4", "4:2:2", "4:2:0"]:
                    rgb = Image.fromarray(photograph(width, height))
                    files.pillow("rgb.jpg", rgb, subsampling=subsampling, restart_marker_blocks=number, **options)
                files.pillow("kept.jpg", Image.fromarray(photograph(width, height)), keep_rgb=True, **options)
                files.pillow("grey.jpg", Image.fromarray(photograph(width, height, 1)), **options)
                files.pillow("cmyk.jpg", Image.fromarray(photograph(width, height, 4), "CMYK"), **options)


def cjpeg(files):
    """Sampling factors that Pillow does not write: 4:1:1, 4:4:0, 4:1:0 and stranger ones."""
    factors = "1x2 4x1 1x4 4x2 2x4 4x1,2x1,1x1 2x2,2x1,1x2 1x1,2x2,1x1 3x1 3x2 2x1,1x1,1x2".split()
    for width, height in SIZES:
        source = files.folder / "source.ppm"
        Image.fromarray(photograph(width, height)).save(source)
        for sample in factors:
            for options in [[], ["-progressive"], ["-restart", "1"], ["-restart", "2B", "-optimize"], ["-rgb"]]:
                path = files.path(f"{sample}{''.join(options)}.jpg")
                subprocess.run(["cjpeg", "-sample", sample, *options, "-outfile", path, source], check=True)


def ycck(files):
    """A CMYK file whose Adobe marker says YCCK: the same bits, with another meaning."""
    plain = files.folder / "cmyk.jpg"
    Image.fromarray(photograph(50, 40, 4), "CMYK").save(plain, quality=90)
    data = bytearray(plain.read_bytes())
    at = data.find(b"Adobe")
    if at < 0:
        sys.exit("Pillow writes CMYK without Adobe's marker")
    data[at + 11] = 2
    files.path("ycck.jpg").write_bytes(data)


def webp(files):
    for width, height in SIZES:
        rgb, rgba = photograph(width, height), photograph(width, height, 4)
        for quality in [5, 50, 95]:
            for method in [0, 4, 6]:
                files.pillow("rgb.webp", Image.fromarray(rgb), quality=quality, method=method)
            files.pillow("rgba.webp", Image.fromarray(rgba), quality=quality, alpha_quality=quality)
        files.pillow("lossless.webp", Image.fromarray(rgba), lossless=True, exact=True)


def png_and_bmp(files):
    rgba = Image.fromarray(photograph(37, 29, 4))
    rgb = rgba.convert("RGB")
    for mode in ["RGB", "L", "LA", "RGBA", "P", "1"]:
        files.pillow(f"{mode}.png", rgba.convert(mode))
        if mode != "LA":
            files.pillow(f"{mode}.bmp", rgba.convert(mode))
    for bits in [1, 2, 4]:
        files.pillow(f"palette{bits}.png", rgb.quantize(2**bits), bits=bits)
    files.pillow("clear.png", rgb.quantize(16), transparency=3)
    files.pillow("half-clear.png", rgb.quantize(16), transparency=bytes(range(0, 160, 10)))
    files.pillow("clear-rgb.png", rgb, transparency=rgb.getpixel((3, 4)))
    files.pillow("clear-grey.png", rgb.convert("L"), transparency=rgb.convert("L").getpixel((3, 4)))
    deep = RNG.integers(0, 65536, (29, 37), dtype=np.uint16)
    Image.fromarray(deep).save(files.path("deep.png", rounded(deep)))


def bmp_kinds(files):
    """Bitmaps that Pillow reads but does not write: 16 bits, masks, unused bytes, top-down, runs, small palettes."""
    width, height = 11, 7
    plain, masked = 0, 3

    def file(name, bits, pixels, compression=plain, masks=(), colours=b"", upside=1, header=40):
        head = struct.pack("<IiiHHIIiiII", header, width, height * upside, 1, bits, compression, len(pixels), 0, 0, len(colours) // 4, 0)
        head += struct.pack(f"<{len(masks)}I", *masks)
        if header > 40:
            head = head.ljust(header, b"\0")
        start = 14 + len(head) + len(colours)
        data = struct.pack("<2sIHHI", b"BM", start + len(pixels), 0, 0, start) + head + colours + pixels
        files.path(f"{name}.bmp").write_bytes(data)

    def rows(bits):
        return RNG.bytes((width * bits + 31) // 32 * 4 * height)

    file("555", 16, rows(16))
    file("565", 16, rows(16), masked, (0xF800, 0x07E0, 0x001F))
    file("555-masks", 16, rows(16), masked, (0x7C00, 0x03E0, 0x001F))
    file("unused", 32, rows(32))
    file("masks", 32, rows(32), masked, (0xFF0000, 0xFF00, 0xFF))
    file("alpha", 32, rows(32), masked, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=108)
    file("top-down", 24, rows(24), upside=-1)
    for bits in [1, 4, 8]:
        file(f"colours{bits}", bits, rows(bits), colours=RNG.bytes(4 << bits))
    runs = b"".join(bytes([4, y, 0, 5, 1, 2, 3, 4, 5, 0, 2, y + 9, 0, 0]) for y in range(height)) + b"\0\1"
    file("runs8", 8, runs, 1, colours=RNG.bytes(1024))


def png_kinds(files):
    """Depths and interlacing that Pillow reads but does not write."""
    width, height = 13, 9

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    def file(name, depth, colour, samples, more=b"", expected=None):
        row = (width * samples * depth + 7) // 8
        pixels = b"".join(b"\0" + RNG.bytes(row) for _ in range(height))
        head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
        data = chunk(b"IHDR", head) + more + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
        if depth == 16:
            words = np.frombuffer(pixels, np.uint8).reshape(height, -1)[:, 1:].copy().view(">u2")
            expected = ((words.astype(np.uint32) + 128) // 257).astype(np.uint8).reshape(height, width, samples)
            if samples < 3:
                expected = np.concatenate([expected[..., :1]] * 3 + [expected[..., 1:]], -1)
        files.path(f"{name}.png", expected).write_bytes(b"\x89PNG\r\n\x1a\n" + data)

    for depth in [1, 2, 4, 8, 16]:
        file(f"grey{depth}", depth, 0, 1)
    for colour, samples in [(2, 3), (4, 2), (6, 4)]:
        file(f"deep{colour}", 16, colour, samples)
    for depth in [1, 2, 4]:
        file(f"colours{depth}", depth, 3, 1, chunk(b"PLTE", RNG.bytes(3 << depth)))


def animations(files):
    frames = [Image.fromarray(photograph(37, 29)) for _ in range(3)]
    for suffix in ["webp", "png"]:
        files.pillow(f"animation.{suffix}", frames[0], save_all=True, append_images=frames[1:])
    several = files.path("pages.tif")
    frames[0].save(several, save_all=True, append_images=frames[1:])


def orientations(files):
    """The tag in every format, and in JPEG's XMP."""
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = Image.fromarray(photograph(37, 29))
        for suffix in ["jpg", "webp", "png", "tif"]:
            files.pillow(f"turned{orientation}.{suffix}", image, exif=exif)
        xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="{orientation}"/>'.encode()
        files.pillow(f"xmp{orientation}.jpg", image, xmp=xmp)


def rounded(samples):
    """Samples of 16 bits as RGB of 8."""
    samples = ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return samples if samples.ndim == 3 else np.stack([samples] * 3, -1)


def tiff(files):
    rgba = Image.fromarray(photograph(37, 29, 4))
    packings = {mode: [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"] for mode in "RGB L LA RGBA P 1".split()}
    packings["1"] += ["group4"]
    packings["RGB"] += ["jpeg"]
    packings["L"] += ["jpeg"]
    for mode, all_of_it in packings.items():
        for packing in all_of_it:
            for big in [False, True]:
                files.pillow(f"{mode}-{packing}.tif", rgba.convert(mode), compression=packing, big_tiff=big)
    files.pillow("cmyk.tif", Image.fromarray(photograph(37, 29, 4), "CMYK"))
    tiff_layouts(files)
    tiff_meanings(files)


def tiff_layouts(files):
    shallow = photograph(37, 29)
    deep = shallow.astype(np.uint16) * 257 ^ RNG.integers(0, 256, shallow.shape, dtype=np.uint16)
    for packing in [None, "lzw", "zlib", "packbits"]:
        for order in "<>":
            for tile in [None, (16, 16)]:
                for planar in ["contig", "separate"]:
                    for predictor in [False, True] if packing in ("lzw", "zlib") else [False]:
                        for samples, expected in [(shallow, shallow), (deep, rounded(deep))]:
                            stored = samples if planar == "contig" else np.ascontiguousarray(np.moveaxis(samples, -1, 0))
                            files.tiff(
                                f"{packing}-{planar}-{samples.dtype}",
                                stored,
                                expected,
                                photometric="rgb",
                                planarconfig=planar,
                                compression=packing,
                                byteorder=order,
                                tile=tile,
                                rowsperstrip=None if tile else 7,
                                predictor=predictor,
                            )
    files.tiff("jpeg-tiles", shallow, photometric="ycbcr", compression="jpeg", subsampling=(2, 2), tile=(16, 16))
    files.tiff("jpeg-planes", np.ascontiguousarray(np.moveaxis(shallow, -1, 0)), photometric="rgb", planarconfig="separate", compression="jpeg")


def tiff_meanings(files):
    grey = photograph(37, 29, 1)
    deep = RNG.integers(0, 65536, (29, 37), dtype=np.uint16)
    files.tiff("white-is-zero", grey, photometric="miniswhite")
    files.tiff("deep", deep, rounded(deep), photometric="minisblack")
    files.tiff("deep-white-is-zero", deep, 255 - rounded(deep), photometric="miniswhite")
    files.tiff("bits", grey > 128, photometric="minisblack")
    files.tiff("bits-white-is-zero", grey > 128, photometric="miniswhite")
    colours = RNG.integers(0, 65536, (3, 256), dtype=np.uint16)
    files.tiff("palette", grey, photometric="palette", colormap=colours)
    for extra in ["unspecified", "assocalpha", "unassalpha"]:
        files.tiff(extra, photograph(37, 29, 4), photometric="rgb", extrasamples=[extra])
    files.tiff("grey-alpha", photograph(37, 29, 2), photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"])


def by_pillow(path):
    image = Image.open(path)
    image.load()
    image = ImageOps.exif_transpose(image)
    alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    return np.asarray(image.convert("RGBA" if alpha else "RGB"))


def compare(files, decoder):
    wrong = 0
    paths = list(files.expected)
    for start in range(0, len(paths), 200):
        subprocess.run([decoder, *paths[start : start + 200]], check=True)
    for path in paths:
        head, _, body = Path(f"{path}.raw").read_bytes().partition(b"\n")
        expected = files.expected[path] if files.expected[path] is not None else by_pillow(path)
        if head == b"error":
            print(f"{path.name}: {body.decode()}")
            wrong += 1
            continue
        width, height, channels = map(int, head.split())
        samples = np.frombuffer(body, np.uint8).reshape(height, width, channels)
        if samples.shape != expected.shape or (samples != expected).any():
            print(f"{path.name}: differs")
            wrong += 1
    return wrong


def cut(files, decoder):
    """Files cut to half have to be errors; those of JPEG progressive or not."""
    # The first picture of several may be whole in half a file.
    whole = [path for path in files.expected if "animation" not in path.name and "pages" not in path.name]
    paths = []
    for path in whole[::7]:
        data = path.read_bytes()
        half = files.folder / f"half-{path.name}"
        half.write_bytes(data[: len(data) // 2])
        paths.append(half)
    subprocess.run([decoder, *paths], check=True)
    read = [path for path in paths if not Path(f"{path}.raw").read_bytes().startswith(b"error\n")]
    for path in read:
        print(f"{path.name}: is read, though cut to half")
    return len(paths), len(read)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoder", help="the example `decode` of frame-compression-cli")
    decoder = parser.parse_args().decoder
    with tempfile.TemporaryDirectory() as folder:
        files = Files(Path(folder))
        for make in [jpeg, cjpeg, ycck, webp, png_and_bmp, bmp_kinds, png_kinds, animations, orientations, tiff]:
            make(files)
        wrong = compare(files, decoder)
        cuts, read = cut(files, decoder)
    print(f"{len(files.expected)} pictures compared, {wrong} differ; {cuts} cut ones, {read} read")
    sys.exit(wrong + read > 0)


main()

"""Tests of reading a pack's painting, with one error sentence for every fault."""

import re
import struct
import tomllib
import zlib
from io import BytesIO

import numpy as np
import pytest
import tomli_w
from PIL import Image

from engine.errors import EngineError
from engine.packs.painting import LONGEST_SIDE, read_painting, webp_size
from engine.packs.region_map import save_region_map
from engine.packs.style_pack import BUILT_IN, pack_folders, read_pack
from engine.strokes.guides import fill_gaps
from tests.support.mutate import bounded
from tests.support.paintings import declare, encoded, put_painting

HEIGHT, WIDTH = 30, 40


def noise(height=HEIGHT, width=WIDTH):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3)).astype(np.uint8)


def drawn_map():
    regions = np.repeat(np.arange(4, dtype=np.uint8), WIDTH // 4)[None].repeat(HEIGHT, 0)
    regions[:, 8:11] = 255
    return regions


@pytest.fixture
def painted_pack(tiny_pack):
    save_region_map(tiny_pack / "regions.png", drawn_map(), [(0, 0, 0)] * 4, {})
    avoid = np.zeros((HEIGHT, WIDTH), bool)
    avoid[:5] = True
    put_painting(tiny_pack, noise(), avoid)
    return tiny_pack


def read(folder):
    return read_painting(folder, read_pack(folder))


def test_a_painting_is_read_with_its_regions(painted_pack):
    painting = read(painted_pack)
    np.testing.assert_array_equal(painting.rgb, noise())
    np.testing.assert_array_equal(painting.regions_drawn, drawn_map() != 255)
    assert painting.avoid[:5].all()
    assert not painting.avoid[5:].any()
    assert painting.regions[0, 6:14].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    for array in (painting.rgb, painting.regions, painting.avoid, painting.regions_drawn):
        assert not array.flags.writeable


def test_without_a_mask_nothing_is_avoided(painted_pack):
    path = painted_pack / "style.toml"
    entries = tomllib.loads(path.read_text())
    del entries["painting"]["avoid"], entries["painting"]["avoid_sha256"]
    path.write_text(tomli_w.dumps(entries))
    assert not read(painted_pack).avoid.any()


def test_gaps_get_the_nearest_region():
    rng = np.random.default_rng(2)
    regions = np.full((24, 31), 255, np.uint8)
    places = rng.choice(regions.size, 9, replace=False)
    regions.ravel()[places] = rng.integers(0, 4, 9)
    filled = fill_gaps(regions)
    ys, xs = np.nonzero(regions != 255)
    for y in range(24):
        for x in range(31):
            far = np.hypot(ys - y, xs - x)
            # OpenCV's distances to labelled pixels are right to a few per cent.
            near = far <= 1.05 * far.min() + 0.1
            assert filled[y, x] in regions[ys[near], xs[near]]


def huge_png(side):
    """Return a PNG whose header declares side x side pixels, with hardly any data."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" * 99)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def huge_webp(side):
    """Return a WebP whose header declares a canvas of side x side pixels."""
    good = encoded(noise(), "WEBP")
    canvas = (side - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas + canvas
    body = b"WEBP" + extended + good[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def write(name, content):
    def change(folder):
        (folder / name).write_bytes(content(folder) if callable(content) else content)
        declare(folder)

    return change


def missing(name):
    return lambda folder: (folder / name).unlink()


def unlike(name):
    return lambda folder: (folder / name).write_bytes(b"something else")


def other_map(regions):
    def change(folder):
        save_region_map(folder / "regions.png", regions, [(0, 0, 0)] * 9, {})
        declare(folder)

    return change


def no_painting(folder):
    entries = tomllib.loads((folder / "style.toml").read_text())
    del entries["painting"]
    (folder / "style.toml").write_text(tomli_w.dumps(entries))


BROKEN = {
    "no painting at all": (no_painting, "tiny has no painting; daub styles"),
    "missing painting": (missing("painting.webp"), r"painting\.webp cannot be read"),
    "missing map": (missing("regions.png"), r"regions\.png cannot be read"),
    "missing mask": (missing("avoid.png"), r"avoid\.png cannot be read"),
    "other painting": (unlike("painting.webp"), r"painting\.webp .*sha256 differs"),
    "other map": (unlike("regions.png"), r"regions\.png .*sha256 differs"),
    "other mask": (unlike("avoid.png"), r"avoid\.png .*sha256 differs"),
    "truncated": (
        write("painting.webp", lambda folder: (folder / "painting.webp").read_bytes()[:900]),
        r"painting\.webp",
    ),
    "no picture": (write("painting.webp", b"no picture"), r"painting\.webp is not a picture"),
    "another format": (write("painting.webp", encoded(noise(), "BMP")), "is not a picture"),
    "huge PNG": (write("painting.webp", huge_png(60_000)), "60000 x 60000 pixels; .* 4096 pixels"),
    "huge WebP": (write("painting.webp", huge_webp(60_000)), "60000 x 60000 pixels"),
    "WebP of 16383": (write("painting.webp", huge_webp(16_383)), "16383 x 16383 pixels"),
    "huge map": (write("regions.png", huge_png(60_000)), r"regions\.png is 60000 x 60000"),
    "huge mask": (write("avoid.png", huge_webp(60_000)), r"avoid\.png is 60000 x 60000"),
    "map of another size": (
        other_map(np.zeros((HEIGHT, WIDTH + 1), np.uint8)),
        r"regions\.png is 41 x 30 pixels, painting\.webp is 40 x 30",
    ),
    "mask of another size": (
        write("avoid.png", encoded(np.zeros((9, 8), bool), "PNG")),
        r"avoid\.png is 8 x 9 pixels, painting\.webp is 40 x 30",
    ),
    "region beyond": (
        other_map(np.full((HEIGHT, WIDTH), 7, np.uint8)),
        r"regions\.png has a region 7; style\.toml lists 0 to 3",
    ),
    "nothing assigned": (
        other_map(np.full((HEIGHT, WIDTH), 255, np.uint8)),
        r"regions\.png contains no region",
    ),
    "map in full colours": (
        write("regions.png", encoded(noise(), "PNG")),
        r"regions\.png is not an indexed PNG",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_painting_gets_one_sentence(painted_pack, name):
    change, words = BROKEN[name]
    change(painted_pack)
    with bounded(), pytest.raises(EngineError) as caught:
        read(painted_pack)
    message = str(caught.value)
    assert re.search(words, message)
    assert str(painted_pack) in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_very_large_file_is_not_read(painted_pack):
    with (painted_pack / "painting.webp").open("r+b") as file:
        file.truncate(10**9)
    with pytest.raises(EngineError, match=r"painting\.webp is larger than the limit of 32 MB"):
        read(painted_pack)


@pytest.mark.parametrize("lossless", [True, False])
def test_headers_of_webp(lossless):
    content = BytesIO()
    picture = Image.fromarray(noise(33, 57))
    picture.save(content, "WEBP", lossless=lossless)
    assert webp_size(content.getvalue()) == (57, 33)
    content = BytesIO()
    picture.save(content, "WEBP", lossless=lossless, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    assert webp_size(content.getvalue()) == (57, 33)
    assert webp_size(b"RIFF") == (0, 0)


@pytest.mark.parametrize("folder", list(pack_folders([BUILT_IN])), ids=lambda folder: folder.name)
def test_every_built_in_pack_has_a_painting(folder):
    pack, painting = read_pack(folder), read(folder)
    assert pack.painting is not None
    assert painting.rgb.shape == (*painting.regions.shape, 3)
    assert max(painting.rgb.shape) <= LONGEST_SIDE
    assert (folder / pack.painting.file).stat().st_size <= 450_000
    assert painting.regions.max() < len(pack.region)
    assert 0.005 < painting.avoid.mean() < 0.3
    assert pack.strokes.width == min(
        896, painting.rgb.shape[1], 800 if "scream" in pack.id else 896
    )
    assert "public domain" in pack.credit

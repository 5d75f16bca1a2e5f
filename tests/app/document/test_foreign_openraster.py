"""Layers of other programs, composed as in OpenRaster and W3C "Compositing and Blending"."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.blending import BAND, compose
from app.document.errors import DocumentError
from app.document.foreign_openraster import Foreign
from app.document.openraster import read_foreign
from tests.support.paper import png, write_zip

RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
WIDTH, HEIGHT = 6, 4


def filled(colour: tuple[int, ...], width: int = WIDTH, height: int = HEIGHT) -> bytes:
    return png(np.full((height, width, len(colour)), colour, np.uint8))


LAYERS = {
    "r.png": filled(RED), "b.png": filled(BLUE), "small.png": filled(GREEN, 2, 2),
    "v.svg": b"<svg/>", "broken.png": filled(RED)[:40], "empty.png": b"",
}  # fmt: skip


def flattened(path: Path, stack: str, **others: bytes) -> Foreign:
    xml = f'<image w="{WIDTH}" h="{HEIGHT}"><stack>{stack}</stack></image>'
    return read_foreign(write_zip(path / "a.ora", {"stack.xml": xml.encode(), **LAYERS, **others}))


def near(pixels: np.ndarray, wanted: tuple[int, ...]) -> bool:
    return bool((abs(pixels.astype(int) - wanted) <= 1).all())


# -- groups ---------------------------------------------------------------------------------

BOTH = '<layer src="r.png"/><layer src="b.png"/>'
MULTIPLIED = '<layer src="r.png" composite-op="svg:multiply"/>'


@pytest.mark.parametrize(
    ("stack", "wanted"),
    [
        (f'<stack opacity="0.5">{BOTH}</stack>', (255, 128, 128)),
        (f'<stack opacity="0.5" isolation="isolate">{BOTH}</stack>', (255, 128, 128)),
        (f'<stack visibility="hidden">{BOTH}</stack><layer src="b.png"/>', (0, 0, 255)),
        (f'{MULTIPLIED}<layer src="b.png"/>', (0, 0, 0)),
        # What is in a group sees what is below it, unless the group is isolated.
        (f'<stack>{MULTIPLIED}</stack><layer src="b.png"/>', (0, 0, 0)),
        (f'<stack isolation="auto">{MULTIPLIED}</stack><layer src="b.png"/>', (0, 0, 0)),
        (f'<stack isolation="isolate">{MULTIPLIED}</stack><layer src="b.png"/>', (255, 0, 0)),
        (f'<stack opacity="0.5">{MULTIPLIED}</stack><layer src="b.png"/>', (128, 0, 127)),
        (
            '<stack composite-op="svg:multiply"><layer src="r.png"/></stack><layer src="b.png"/>',
            (0, 0, 0),
        ),
        # The paper is below the picture, and no part of it.
        ('<layer src="r.png" composite-op="svg:difference"/>', (255, 0, 0)),
        ('<layer src="r.png" composite-op="krita:unheard-of"/><layer src="b.png"/>', (255, 0, 0)),
    ],
)
def test_groups_and_operations(tmp_path: Path, stack: str, wanted: tuple[int, ...]) -> None:
    found = flattened(tmp_path, stack)
    assert near(found.pixels, wanted)
    assert found.left_out == ()


def test_offsets_count_from_the_canvas_and_may_lie_outside(tmp_path: Path) -> None:
    stack = """<stack opacity="1"><layer src="small.png" x="-1" y="3"/></stack>
        <layer src="small.png" x="90" y="0"/><layer src="b.png"/>"""
    green = (flattened(tmp_path, stack).pixels == GREEN[:3]).all(-1)
    assert np.argwhere(green).tolist() == [[3, 0]]


# -- what cannot be read --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ('<layer src="v.svg"/>', "v.svg"),
        ('<layer src="broken.png"/>', "broken.png"),
        ('<layer src="empty.png"/>', "empty.png"),
        ('<layer src="gone.png"/>', "gone.png"),
        ('<layer name="Text"/>', "Text"),
        ('<layer src="r.png" opacity="much"/>', "r.png"),
        ('<stack name="Group" opacity="nan"><layer src="r.png"/></stack>', "Group"),
    ],
)
def test_a_damaged_layer_is_left_out(tmp_path: Path, bad: str, name: str) -> None:
    found = flattened(tmp_path, f'{bad}<filter type="x"/><layer src="b.png"/>')
    assert near(found.pixels, BLUE[:3])
    assert found.left_out == (name,)


def test_without_a_readable_layer_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"a\.ora cannot be opened: v\.svg is not a PNG"):
        flattened(tmp_path, '<layer src="v.svg"/>')


def test_layers_replace_a_damaged_merged_image(tmp_path: Path) -> None:
    found = flattened(tmp_path, '<layer src="b.png"/>', **{"mergedimage.png": LAYERS["broken.png"]})
    assert near(found.pixels, BLUE[:3])
    assert found.left_out == ("mergedimage.png",)
    with pytest.raises(DocumentError, match=r"mergedimage\.png is damaged"):
        flattened(tmp_path, '<layer src="v.svg"/>', **{"mergedimage.png": LAYERS["broken.png"]})


# -- composite operations -------------------------------------------------------------------

UNDER, OVER = (51, 102, 204), (204, 153, 102)  # 0.2 0.4 0.8 and 0.8 0.6 0.4

# Worked out by hand from the formulas of the specification.
BLENDED = {
    "svg:src-over": (204, 153, 102),
    "svg:multiply": (41, 61, 82),
    "svg:screen": (214, 194, 224),
    "svg:overlay": (82, 122, 194),
    "svg:darken": (51, 102, 102),
    "svg:lighten": (204, 153, 204),
    "svg:color-dodge": (255, 255, 255),
    "svg:color-burn": (0, 0, 128),
    "svg:hard-light": (173, 133, 163),
    "svg:soft-light": (89, 114, 196),
    "svg:difference": (153, 51, 102),
    "svg:plus": (255, 255, 255),
    "svg:color": (139, 88, 37),
    "svg:luminosity": (122, 166, 255),
    "svg:hue": (160, 83, 7),
    "svg:saturation": (68, 102, 170),
}


@pytest.mark.parametrize(("operation", "wanted"), BLENDED.items())
def test_opaque_colours(operation: str, wanted: tuple[int, ...]) -> None:
    canvas = Image.new("RGBA", (2, 2), (*UNDER, 255))
    compose(canvas, Image.new("RGBA", (2, 2), (*OVER, 255)), (0, 0), operation)
    assert near(np.array(canvas), (*wanted, 255))


HALF, MOST = 102, 204  # 0.4 and 0.8 of alpha: of the backdrop and of the source


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        ("svg:src-over", (190, 149, 111, 224)),  # alpha 0.88
        ("svg:multiply", (131, 115, 103, 224)),
        ("svg:src-atop", (173, 143, 122, HALF)),
        ("svg:dst-in", (*UNDER, 82)),
        ("svg:dst-out", (*UNDER, 20)),
        ("svg:dst-atop", (143, 133, 143, MOST)),
        ("svg:plus", (184, 163, 163, 255)),  # alpha 1.2, cut to 1
    ],
)
def test_half_transparent_colours(operation: str, wanted: tuple[int, ...]) -> None:
    canvas = Image.new("RGBA", (2, 2), (*UNDER, HALF))
    compose(canvas, Image.new("RGBA", (2, 2), (*OVER, MOST)), (0, 0), operation)
    assert near(np.array(canvas), wanted)


@pytest.mark.parametrize(("operation", "kept"), [("svg:dst-in", 0), ("svg:dst-out", 255)])
def test_operations_outside_a_layer(operation: str, kept: int) -> None:
    canvas = Image.new("RGBA", (5, 2 * BAND), RED)
    compose(canvas, Image.new("RGBA", (2, 2), GREEN), (1, BAND - 1), operation)
    alpha = np.full((2 * BAND, 5), kept)
    alpha[BAND - 1 : BAND + 1, 1:3] = 255 - kept
    assert (np.array(canvas)[..., 3] == alpha).all()

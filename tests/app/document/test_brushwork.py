"""What a document says about strokes: their size, and what paints a material."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.brushwork import (
    BROADEST,
    FINEST,
    Brushwork,
    Meaning,
    offered_stroke,
    reduced_stroke,
    stroke_text,
)

SIZES = st.floats(FINEST, BROADEST)

WATER = Meaning("starry-night", 9, "great-wave", "wave")
BOAT = Meaning("starry-night", 13, "starry-night", "tree", "#102030")
ELSEWHERE = Meaning("great-wave", 9, "great-wave", "sky")


@given(SIZES)
def test_an_offered_size_is_near_and_stays_when_it_is_offered_again(size: float) -> None:
    offered = offered_stroke(size)
    assert FINEST <= offered <= BROADEST
    assert abs(offered - size) <= 0.125
    assert offered_stroke(offered) == offered
    assert offered * 16 == round(offered * 16), "as the engine rounds it"


@pytest.mark.parametrize(
    ("size", "text"), [(1.0, "1"), (0.625, "0.62"), (1.125, "1.12"), (2.5, "2.5")]
)
def test_a_size_is_shown_with_two_decimals_at_most(size: float, text: str) -> None:
    assert stroke_text(size) == text


@given(SIZES, st.floats(0.01, 1))
def test_a_reduced_doodle_has_strokes_in_proportion_but_none_that_must_be_prepared(
    size: float, factor: float
) -> None:
    reduced = reduced_stroke(size, factor)
    assert FINEST <= reduced <= size
    assert reduced == size * factor or reduced == min(size, 1.0)
    assert reduced_stroke(size, 1.0) == size


def test_there_is_one_meaning_for_a_style_and_material() -> None:
    brushwork = Brushwork(2.0).meant(BOAT).meant(ELSEWHERE).meant(WATER)
    assert brushwork == Brushwork(2.0, (ELSEWHERE, WATER, BOAT))
    other = Meaning("starry-night", 9, "shipwreck", "sea")
    changed = brushwork.meant(other)
    assert changed.meanings == (ELSEWHERE, other, BOAT)
    assert changed.meanings_in("starry-night") == (other, BOAT)
    assert changed.meaning("starry-night", 9) == other
    assert changed.meaning("starry-night", 3) is None


def test_a_meaning_can_be_taken_back() -> None:
    brushwork = Brushwork(2.0).meant(WATER).meant(ELSEWHERE)
    assert brushwork.without("starry-night", 9) == Brushwork(2.0, (ELSEWHERE,))
    assert brushwork.without("starry-night", 3) == brushwork

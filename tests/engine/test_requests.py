import pytest

from engine.requests import PhotoLook


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"strength": 1.5}, "strength is 0 to 1, not 1.5."),
        ({"strength": float("nan")}, "strength is 0 to 1, not nan."),
        ({"second": "wave", "blend": -0.1}, "blend is 0 to 1, not -0.1."),
        ({"blend": 0.5}, "blend needs a second style."),
        ({"stroke": 8}, "stroke is 0.5 to 4, not 8."),
        ({"colours": "grey"}, "colours is one of style, luminance, statistics, not grey."),
        ({"seed": -1}, "seed is 0 or more, not -1."),
    ],
)
def test_an_invalid_look_is_rejected_with_a_sentence(wrong: dict, sentence: str):
    with pytest.raises(ValueError, match="^" + sentence.replace(".", r"\.") + "$"):
        PhotoLook("starry-night", **wrong)


def test_the_ends_of_every_range_are_looks():
    assert PhotoLook("a", 0.0, "b", 1.0, 0.5, "statistics").blend == 1
    assert PhotoLook("a", stroke=4.0, colours="luminance").strength == 1

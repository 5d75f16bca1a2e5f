"""Scales of sliders, and the slider for the size of strokes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.widgets.sliders import STEPS, STOP, Scale, StrokeSlider


@given(st.floats(0.5, 4))
def test_one_is_in_the_middle_of_a_scale_that_is_logarithmic_on_both_sides(value: float) -> None:
    scale = Scale.around_one(0.5, 4)
    assert (scale.to_value(0.5), scale.of_value(1.0)) == (1.0, 0.5)
    assert scale.to_value(scale.of_value(value)) == pytest.approx(value)
    assert scale.to_value(0.25) == pytest.approx(0.5**0.5)
    assert scale.to_value(0.75) == pytest.approx(2.0)
    assert scale.to_value(1.0) == pytest.approx(4.0)
    assert scale.to_value(0.0) == pytest.approx(0.5)


def test_a_drag_stays_at_one_but_keys_do_not(qtbot: QtBot) -> None:
    slider, chosen = StrokeSlider(100), []
    qtbot.addWidget(slider)
    slider.chosen.connect(chosen.append)
    middle = STEPS // 2
    slider.setSliderDown(True)
    for step in (middle + 3 * STOP, middle + STOP, middle - STOP):
        slider.setSliderPosition(step)
    assert (chosen[-2:], slider.value()) == ([1.0, 1.0], middle)
    slider.setSliderPosition(middle - STOP - 1)
    assert chosen[-1] < 1
    slider.setSliderDown(False)
    slider.show_value(1.0)
    slider.triggerAction(slider.SliderAction.SliderSingleStepAdd)
    assert middle < slider.value() <= middle + STOP
    assert chosen[-1] > 1

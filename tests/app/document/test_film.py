from hypothesis import given
from hypothesis import strategies as st

from app.document.film import ENDING, LENGTHS, RATE, states_by_frame


@given(st.integers(1, 2000), st.integers(LENGTHS[0], LENGTHS[-1]))
def test_frames_show_the_states_in_order_from_the_first_to_the_last(
    count: int, seconds: int
) -> None:
    shown = states_by_frame(count, seconds)
    assert len(shown) == round((seconds - ENDING) * RATE)
    assert (shown[0], shown[-1]) == (0, count - 1)
    assert shown == sorted(shown)
    if count <= len(shown):
        assert set(shown) == set(range(count))
        times = [shown.count(state) for state in range(count)]
        assert max(times) - min(times) <= 1

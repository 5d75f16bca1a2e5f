"""Device and precision: measured once, remembered, refused in a sentence."""

import time

import pytest
import torch

from engine import device
from engine.device import Device, choose, faster_precision
from engine.errors import EngineError

CPU = torch.device("cpu")


def trial_where_bf16_takes(factor):
    def trial(candidate: Device) -> None:
        time.sleep(0.002 * (factor if candidate.dtype is torch.bfloat16 else 1))

    return trial


@pytest.mark.parametrize(("factor", "expected"), [(0.3, "bf16"), (0.99, "fp32"), (3, "fp32")])
def test_the_faster_precision_wins_when_it_is_clearly_faster(factor, expected):
    assert faster_precision(CPU, trial_where_bf16_takes(factor)) == expected


def test_the_choice_is_measured_once(tmp_path, monkeypatch):
    monkeypatch.setattr(device.platformdirs, "user_cache_dir", lambda *a, **k: str(tmp_path))
    first = choose("cpu", "auto", trial_where_bf16_takes(0.3))
    assert first.dtype is torch.bfloat16
    # A machine must paint a document the same every time, also when bf16 loses today.
    assert choose("cpu", "auto", trial_where_bf16_takes(3)) == first


def test_each_work_has_its_own_choice(tmp_path, monkeypatch):
    monkeypatch.setattr(device.platformdirs, "user_cache_dir", lambda *a, **k: str(tmp_path))
    assert not choose("cpu", "auto", trial_where_bf16_takes(3)).half
    assert choose("cpu", "auto", trial_where_bf16_takes(0.3), "refine").half
    assert not choose("cpu", "auto", trial_where_bf16_takes(0.3)).half


def test_a_spoilt_memory_is_measured_again(tmp_path, monkeypatch):
    monkeypatch.setattr(device.platformdirs, "user_cache_dir", lambda *a, **k: str(tmp_path))
    (tmp_path / "precision.json").write_text("not json")
    assert choose("cpu", "auto", trial_where_bf16_takes(3)).dtype is torch.float32


def test_unknown_names_get_a_sentence(monkeypatch):
    for names in (("tpu", "fp32"), ("cpu", "int4")):
        with pytest.raises(EngineError, match="There is no device"):
            choose(*names, trial_where_bf16_takes(1))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineError, match="no GPU"):
        choose("cuda", "fp32", trial_where_bf16_takes(1))

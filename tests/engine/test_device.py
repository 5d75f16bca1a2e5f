"""Tests of the device and precision choice: hardware support, paired measurements, cache."""

import itertools
import json
import random
from types import SimpleNamespace

import pytest
import torch

from engine import device
from engine.device import ENOUGH, GAIN, PAIRS, Device, choose, faster_precision, speed_ratios
from engine.errors import EngineError

CPU = torch.device("cpu")


class Clock:
    """A clock that only trials advance; `load`: how much slower each successive run is."""

    def __init__(self, monkeypatch, load=(1,)):
        self.now, self.load, self.runs = 0.0, itertools.cycle(load), 0
        monkeypatch.setattr(device.time, "perf_counter", lambda: self.now)

    def trial(self, factor):
        """Return a trial that takes `factor` times as long in bf16."""

        def run(candidate: Device) -> None:
            self.runs += 1
            self.now += (factor if candidate.half else 1) * next(self.load)

        return run


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """Simulate a processor with bfloat16, and an empty cache."""
    monkeypatch.setattr(device.platformdirs, "user_cache_dir", lambda *a, **k: str(tmp_path))
    capabilities = {"avx512_bf16": True, "cpu_name": "Test"}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    return SimpleNamespace(memory=tmp_path / "precision.json", capabilities=capabilities)


@pytest.mark.parametrize(("factor", "expected"), [(0.3, "bf16"), (0.99, "fp32"), (3, "fp32")])
def test_the_faster_precision_wins_when_it_is_clearly_faster(monkeypatch, factor, expected):
    ratios = speed_ratios(CPU, Clock(monkeypatch).trial(factor))
    assert len(ratios) == PAIRS
    assert faster_precision(ratios) == expected


def test_changing_load_does_not_change_the_choice(monkeypatch):
    """131 ms in fp32 and 88 in bf16, under another load every two runs: still bf16."""
    load = itertools.chain.from_iterable((slow, slow) for slow in (1, 3, 1.5, 8, 1, 2, 5))
    assert choose("cpu", "auto", Clock(monkeypatch, tuple(load)).trial(88 / 131)).half


def test_a_sure_choice_is_measured_once(monkeypatch):
    clock = Clock(monkeypatch)
    first = choose("cpu", "auto", clock.trial(0.3))
    runs = clock.runs
    assert first.half
    assert runs == 2 + 2 * PAIRS
    # A machine must paint a document the same every time, also when bf16 loses today.
    assert choose("cpu", "auto", clock.trial(3)) == first
    assert clock.runs == runs


def test_a_noisy_measurement_is_continued_next_time(monkeypatch, machine):
    rare = random.Random(0)
    noisy = Clock(monkeypatch, [rare.choice((1, 4)) for _ in range(997)])
    assert choose("cpu", "auto", noisy.trial(1)).half  # as the processor says, until it is sure
    quiet = Clock(monkeypatch)
    chosen = [choose("cpu", "auto", quiet.trial(1)).half for _ in range(4)]
    assert not chosen[-1]
    (ratios,) = json.loads(machine.memory.read_text()).values()
    assert PAIRS < len(ratios) <= ENOUGH
    assert quiet.runs < 4 * (2 + 2 * PAIRS)


def test_noisy_measurements_are_decided_by_all_pairs():
    ratios = [GAIN * 0.5, GAIN * 1.1, GAIN * 1.5] * (ENOUGH // 3)
    assert faster_precision(ratios[:-1]) is None
    assert faster_precision(ratios) == "bf16"


def test_a_processor_without_bfloat16_is_not_measured(monkeypatch, machine):
    machine.capabilities["avx512_bf16"] = False
    clock = Clock(monkeypatch)
    assert not choose("cpu", "auto", clock.trial(0.3)).half
    assert clock.runs == 0
    assert not machine.memory.exists()


def test_another_processor_is_measured_anew(monkeypatch, machine):
    clock = Clock(monkeypatch)
    assert choose("cpu", "auto", clock.trial(0.3)).half
    machine.capabilities["cpu_name"] = "Another"
    assert not choose("cpu", "auto", clock.trial(3)).half


def test_each_work_has_its_own_choice(monkeypatch):
    clock = Clock(monkeypatch)
    assert not choose("cpu", "auto", clock.trial(3)).half
    assert choose("cpu", "auto", clock.trial(0.3), "refine").half
    assert not choose("cpu", "auto", clock.trial(0.3)).half


@pytest.mark.parametrize("spoilt", ["not json", "[]", '{"preview": "bf16"}', "7", "null"])
def test_a_damaged_cache_is_measured_again(monkeypatch, machine, spoilt):
    machine.memory.write_text(spoilt)
    assert not choose("cpu", "auto", Clock(monkeypatch).trial(3)).half


def test_unknown_names_get_a_sentence(monkeypatch):
    trial = Clock(monkeypatch).trial(1)
    for names in (("tpu", "fp32"), ("cpu", "int4")):
        with pytest.raises(EngineError, match="There is no device"):
            choose(*names, trial)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineError, match="no GPU"):
        choose("cuda", "fp32", trial)

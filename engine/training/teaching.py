"""Teach a pack's network to paint what its strokes paint; a pack without a network gets one.

A run is a folder. The pack does not change before the network of a finished run is put into it.
"""

import json
from collections import abc
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.descriptors.descriptor import compact
from engine.doodle.files import read_doodle
from engine.doodle.generator import Generator, paint
from engine.errors import EngineError
from engine.files import replace_file
from engine.image import save_png
from engine.packs.marked_style import STARTER
from engine.packs.pack_writer import (
    free_file_name,
    network_bytes,
    one_at_a_time,
    put_network,
    save_thumbnail,
)
from engine.packs.random_doodles import random_doodle
from engine.packs.region_strokes import RegionStrokes, border_kinds, difference, region_strokes
from engine.packs.style_pack import (
    BUILT_IN,
    StylePack,
    generator_of,
    pack_folders,
    read_pack,
    region_flows,
    region_table,
)
from engine.tiles import Window
from engine.training.earlier import read_config
from engine.training.from_strokes import (
    FIRST_STEPS,
    StrokesConfig,
    first_network,
    train_from_strokes,
)
from engine.training.jobs import Source, earlier_steps, network_of, training_facts
from engine.training.nearest_network import nearest_network
from engine.training.painting_targets import measured_targets
from engine.training.processes import processes
from engine.training.run import CHECKPOINT, TrainingProgress
from engine.training.stroke_pairs import PairStore, make_pairs

EARLIER = "earlier.safetensors"
"""The network that a run began with, in the folder of the run."""

EVALUATION = "evaluation.json"
"""How far networks were from strokes before and after, in the folder of the run."""

NETWORK, TARGETS, RESULT = "network.safetensors", "targets.safetensors", "result.json"
"""What is put into the pack: network, statistics for Refine, and what ``style.toml`` says of them.

RESULT is written last.
"""

BY_NETWORK, BY_STROKES = "by-network.png", "by-strokes.png"
"""The starter doodle by the network so far, and by strokes, in the folder of the run."""

DOODLE_SIDE = 512
"""Longer side of these pictures in pixels."""


def strokes_config(folder: Path, source: Source, **options: Any) -> StrokesConfig:
    """Return the settings of a run that teaches a pack's network to paint as its strokes do.

    A pack without a network begins with that of the nearest pack. ``options``: fields of
    StrokesConfig. Raises EngineError when no pack has a network.
    """
    pack = read_pack(folder)
    said: dict[str, Any] = {"warm": str(folder), "width": source.width, "paints": _paints(pack)}
    said |= {"earlier": earlier_steps(folder, folder)}
    if pack.generator is None:
        folders = pack_folders([folder.parent, BUILT_IN])
        width = int(options.get("width", source.width))
        nearest = nearest_network(pack, source.painting, source.mask, width, folders)
        said |= {"start": str(nearest.folder), "regions": nearest.regions, "steps": FIRST_STEPS}
    return StrokesConfig(str(source.painting), str(source.mask), **said | options)


def _paints(pack: StylePack) -> tuple[tuple[str, ...], ...]:
    return tuple((region.name, *region.materials) for region in pack.region)


def teach_from_strokes(
    folder: Path, config: StrokesConfig, run: Path, resume: bool = True
) -> abc.Iterator[TrainingProgress]:
    """Learn in the folder ``run``, see ``learn_from_strokes``, and put the network into the pack.

    The thumbnail of a pack that had a network is painted again.
    """
    had_network = read_pack(folder).generator is not None
    yield from learn_from_strokes(folder, config, run, resume)
    take_network(folder, run)
    if had_network:
        save_thumbnail(folder, _kept_network(run / NETWORK))


def learn_from_strokes(
    folder: Path, config: StrokesConfig, run: Path, resume: bool = True, watched: bool = False
) -> abc.Generator[TrainingProgress, None, None]:
    """Paint examples with strokes and train, in the folder ``run``; the pack does not change.

    The network that the run begins with is kept as EARLIER, and EVALUATION says how far both are
    from strokes, as the figure ``strokes`` of a pack. A run of other regions begins anew.
    ``watched``: keep pictures of the starter doodle up to date instead of contact sheets. Raises
    EngineError, before any training, when there is no network to begin with or no painting, and
    under ``torchrun``.
    """
    if processes() > 1:
        raise EngineError("--from-strokes trains in one process: start it without torchrun.")
    pack, first = read_pack(folder), first_network(config)
    strokes = region_strokes(folder)
    if not (resume and _is_of(run, config)):
        for name in (EARLIER, CHECKPOINT, RESULT):
            (run / name).unlink(missing_ok=True)
    store = PairStore(run, pack, config.seed, config.doodles)
    show = None
    if watched:
        show = _StarterPictures(folder, strokes, run, anew=bool(store.missing))
        if not (run / CHECKPOINT).exists():
            show(first)
    yield from make_pairs(store, strokes)
    if not (run / EARLIER).exists():
        replace_file(run / EARLIER, network_bytes(first))
    yield from train_from_strokes(config, store, run, resume, show)
    _write_result(config, run, pack)
    networks = {"before": _kept_network(run / EARLIER), "after": _kept_network(run / NETWORK)}
    found = {name: round(difference(model, strokes), 2) for name, model in networks.items()}
    replace_file(run / EVALUATION, json.dumps(found).encode())


def _is_of(run: Path, config: StrokesConfig) -> bool:
    """Return whether a run is of a pack with the same regions, as far as it says so."""
    said = (read_config(run) or {}).get("paints")
    return not said or [tuple(region) for region in said] == [*config.paints]


def _kept_network(path: Path) -> Generator:
    try:
        return generator_of(path.read_bytes(), path)
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error


def _write_result(config: StrokesConfig, run: Path, pack: StylePack) -> None:
    model, facts = network_of(run)
    files = Path(config.painting), Path(config.mask)
    targets, measured = measured_targets(*files, compact(), config.width, len(pack.region))
    replace_file(run / NETWORK, network_bytes(model))
    replace_file(run / TARGETS, targets)
    said = {"paints": config.paints, "training": training_facts(facts), "targets": measured}
    replace_file(run / RESULT, json.dumps(said).encode())


@one_at_a_time
def take_network(folder: Path, run: Path, removed: Path | None = None) -> None:
    """Put the network of a finished run into the pack; see ``pack_writer.put_network``.

    ``removed``: folder where the network that is replaced is kept. Raises EngineError, and changes
    nothing then, when the run is not finished or the pack has other regions by now.
    """
    try:
        said = json.loads((run / RESULT).read_text("utf-8"))
        weights, targets = (run / NETWORK).read_bytes(), (run / TARGETS).read_bytes()
    except (OSError, ValueError) as error:
        raise EngineError(f"{run} has no finished network: {error}.") from error
    pack = read_pack(folder)
    if [tuple(region) for region in said["paints"]] != [*_paints(pack)]:
        raise EngineError(f"{pack.title} has other materials by now, so it must be taught again.")
    generator_of(weights, run / NETWORK)
    if removed is not None and pack.generator is not None:
        _keep(folder / pack.generator.file, removed / f"{pack.id}-network.safetensors")
    put_network(folder, weights, targets, said["targets"], said["training"])


def _keep(path: Path, place: Path) -> None:
    """Copy a pack's file to a place, or beside it if there is another file."""
    try:
        content = path.read_bytes()
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{path} cannot be kept: {error.strerror}.") from error
    name = free_file_name(place.parent, place.name, content, [place.name])
    replace_file(place.with_name(name), content)


def evaluation_text(run: Path) -> str:
    """Return how far the networks of a run were from strokes, as text."""
    found = json.loads((run / EVALUATION).read_text("utf-8"))
    return f"difference from strokes {found['before']} before, {found['after']} after"


class _StarterPictures:
    """Paints the starter doodle of a pack into the folder of a run.

    ``anew``: also by strokes if there is such a picture.
    """

    def __init__(self, folder: Path, strokes: RegionStrokes, run: Path, anew: bool) -> None:
        self._pack, self._run = strokes.pack, run
        self._regions = _starter(folder, strokes.pack)
        self._kinds = border_kinds(strokes.pack, np.random.default_rng(0))
        run.mkdir(parents=True, exist_ok=True)
        if anew or not (run / BY_STROKES).exists():
            save_png(run / BY_STROKES, strokes.paint(self._regions, self._kinds, 0))

    def __call__(self, model: Generator) -> None:
        """Paint it by the network."""
        height, width = self._regions.shape
        table, window = np.arange(256, dtype=np.uint8), Window(0, 0, width, height)
        flows = region_flows(self._pack)
        with suppress(EngineError):  # a full disk is reported with the next checkpoint
            picture = paint(model, self._regions, table, 0, window, flows, self._kinds)
            save_png(self._run / BY_NETWORK, picture)


def _starter(folder: Path, pack: StylePack) -> np.ndarray:
    """Return regions with DOODLE_SIDE pixels on the longer side, (h, w) uint8.

    They are those of the starter doodle, or without one random.
    """
    path = folder / STARTER
    if not path.exists():
        return random_doodle(np.random.default_rng(0), DOODLE_SIDE, len(pack.region))
    labels = read_doodle(path)
    height, width = labels.shape
    share = DOODLE_SIDE / max(height, width)
    size = max(1, round(width * share)), max(1, round(height * share))
    return region_table(pack)[cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)]

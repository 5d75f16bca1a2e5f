"""What ``daub train``, ``train-stylizer``, ``evaluate`` and ``targets`` do with packs' folders."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.descriptors.descriptor import compact, load_descriptor
from engine.doodle.generator import Generator, fold
from engine.errors import EngineError
from engine.files import replace_file
from engine.packs.pack_writer import export_pack
from engine.packs.painting import read_painting
from engine.packs.region_map import REGIONS
from engine.packs.style_pack import read_generator, read_pack
from engine.training.annotate import POLYGONS, read_drawing
from engine.training.checkpoint import load_checkpoint
from engine.training.descriptor.crops import load_pictures, picture_files
from engine.training.evaluate import Distance, evaluate
from engine.training.judge_stylizer import StyleVerdict, judge_stylizer
from engine.training.pack import (
    FINISH_STEPS,
    TrainConfig,
    train,
)
from engine.training.painting_targets import export_targets
from engine.training.processes import rank
from engine.training.run import CHECKPOINT, TrainingProgress
from engine.training.stylizer import (
    WEIGHTS,
    StylizerConfig,
    train_stylizer,
)


@dataclass(frozen=True)
class Source:
    """What a pack is trained from: painting, region map and the painting's width in training."""

    painting: Path
    mask: Path
    width: int


def sources(
    folders: Sequence[Path],
    paintings: Path | None,
    painting: Path | None,
    mask: Path | None,
    own: bool = False,
) -> dict[Path, Source]:
    """What each pack is trained from: the picture ``painting``, or what its drawing says.

    ``own``: the painting in the pack will do. Raises EngineError when one cannot be found.
    """
    if own and painting is None and paintings is None:
        return {folder: own_source(folder) for folder in folders}
    if painting is None and paintings is None:
        raise EngineError("A painting is needed: say --paintings FOLDER or --painting FILE.")
    if painting is not None and (paintings is not None or len(folders) > 1):
        raise EngineError("--painting is for one pack, and without --paintings.")
    if mask is not None and painting is None:
        raise EngineError("--mask goes with --painting; packs know their own region maps.")
    found = {}
    for folder in folders:
        if painting is not None:
            found[folder] = Source(painting, mask or folder / REGIONS, TrainConfig.width)
        elif paintings is not None:
            found[folder] = pack_source(folder, paintings)
    return found


def pack_source(folder: Path, paintings: Path) -> Source:
    """What the pack's ``polygons.json`` says of its painting, to be found in ``paintings``.

    Raises EngineError when it says nothing, the painting is missing or is another one.
    """
    names = [region.name for region in read_pack(folder).region]
    if paintings.is_file():
        raise EngineError(f"{paintings} is a file, not the folder of paintings.")
    drawing = read_drawing(folder / POLYGONS, names)
    if drawing.painting is None or drawing.sha256 is None:
        raise EngineError(f"{folder / POLYGONS} names no painting; daub annotate writes it there.")
    painting = paintings / drawing.painting
    if not painting.is_file():
        raise EngineError(f"{painting} does not exist; {folder} is painted after it.")
    if hashlib.sha256(painting.read_bytes()).hexdigest() != drawing.sha256:
        raise EngineError(f"{painting} is not what {folder / POLYGONS} was drawn on.")
    return Source(painting, folder / REGIONS, drawing.width or TrainConfig.width)


def own_source(folder: Path) -> Source:
    """Return the painting and the map that the pack itself has. Raises EngineError without."""
    pack = read_pack(folder)
    read_painting(folder, pack)  # says what is wrong with them
    assert pack.painting is not None
    width = int(pack.training.get("width", pack.strokes.width))
    return Source(folder / pack.painting.file, folder / pack.painting.map, width)


def earlier_steps(folder: Path, warm: Path | None) -> int:
    """Steps that the generator of ``warm`` has behind it, 0 where it paints another style."""
    if warm is None or (pack := read_pack(warm)).id != read_pack(folder).id:
        return 0
    return sum(int(pack.training.get(key, 0)) for key in ("steps", "earlier_steps"))


def beginning(folder: Path, warm: Path | None, finish: bool) -> dict[str, Any]:
    """What a TrainConfig says of the network it begins with, and of how long it then goes on.

    Raises EngineError when a pack is to be finished that is to begin with another's network.
    """
    if finish and warm is not None:
        raise EngineError("--finish begins with the pack's own network: leave --from out.")
    first = folder if finish else warm
    said = {"warm": str(first) if first else "", "earlier": earlier_steps(folder, first)}
    return said | ({"finish": True, "steps": FINISH_STEPS} if finish else {})


def train_into(
    folder: Path, config: TrainConfig, run: Path, resume: bool = True
) -> Iterator[TrainingProgress]:
    """Train in the folder ``run`` and put the finished generator into the pack ``folder``.

    Raises EngineError, before any training, when ``folder`` has no valid ``style.toml``.
    """
    read_pack(folder)
    yield from train(config, run, resume)
    if rank() == 0:
        export_run(folder, run)
        make_targets(folder, Source(Path(config.painting), Path(config.mask), config.width), None)


def train_photo_network(
    config: StylizerConfig, photos: Sequence[Path], run: Path, target: Path
) -> Iterator[TrainingProgress]:
    """Train in the folder ``run`` on photos, files or folders of them; the network to ``target``.

    Raises EngineError when there are no photos, or a checkpoint in ``run`` is of another network.
    """
    yield from train_stylizer(config, _photos(photos), run)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, (run / WEIGHTS).read_bytes())


def judge_photo_network(
    config: StylizerConfig, photos: Sequence[Path], network: Path
) -> Iterator[StyleVerdict]:
    """Judge the network in a file on photos, files or folders of them; see ``judge_stylizer``."""
    yield from judge_stylizer(config, network, _photos(photos))


def _photos(paths: Sequence[Path]) -> list[np.ndarray]:
    files = [file for path in paths for file in (picture_files(path) if path.is_dir() else [path])]
    return load_pictures(files)


def export_run(folder: Path, run: Path) -> None:
    """Put the generator of a run's last checkpoint into the pack ``folder``, finished or not."""
    finished, facts = network_of(run)
    with torch.no_grad():
        export_pack(folder, finished, training_facts(facts))


def network_of(run: Path) -> tuple[Generator, dict[str, Any]]:
    """Return the generator of a run's last checkpoint, and the checkpoint's facts."""
    tensors, facts = load_checkpoint(run / CHECKPOINT)
    weights = {
        key.split(".", 1)[1]: value
        for prefix in ("model.", "mean.")  # the averaged weights replace those of the last step
        for key, value in tensors.items()
        if key.startswith(prefix)
    }
    model = Generator(normalised=not facts["folded"])
    model.load_state_dict(weights)
    return (model.eval() if facts["folded"] else fold(model)), facts


def training_facts(facts: dict[str, Any]) -> dict[str, str | int | float]:
    """What ``style.toml`` keeps of a run: enough to train the pack again."""
    config = facts["config"]
    painting = Path(config["painting"])
    earlier = config.get("earlier", 0)
    return {
        "painting": painting.name,
        "painting_sha256": hashlib.sha256(painting.read_bytes()).hexdigest(),
        "descriptor": Path(config["descriptor"]).stem,
        "warm": Path(config.get("start") or config.get("warm", "")).name,
        "width": config["width"],
        "seed": config["seed"],
        "steps": facts["step"],
        **({"earlier_steps": earlier} if earlier else {}),
        **({"finish": True} if config.get("finish") else {}),
        **({"from_strokes": True} if config.get("doodles") else {}),
        "minutes": round(facts["seconds"] / 60),
    }


def evaluate_pack(folder: Path, source: Source, judge: Path) -> dict[str, list[Distance]]:
    """Distances from the painting under ``judge``, by the names of the pack's regions."""
    pack = read_pack(folder)
    trained_with = str(pack.training.get("descriptor", ""))
    width = int(pack.training.get("width", source.width))
    config = TrainConfig(str(source.painting), str(source.mask), trained_with, width=width)
    by_region: dict[str, list[Distance]] = {region.name: [] for region in pack.region}
    names = list(by_region)
    for distance in evaluate(read_generator(folder, pack), config, judge):
        by_region[names[distance.region]].append(distance)
    return by_region


def make_targets(folder: Path, source: Source, descriptor: Path | None) -> int:
    """Put the painting's statistics for Refine into the pack ``folder``; bytes of the file.

    Under the descriptor that ships, unless another's weights are given; at the width that the
    pack's generator was trained at, so that Refine's strokes are as large as the preview's.
    """
    width = int(read_pack(folder).training.get("width", source.width))
    network = load_descriptor(descriptor) if descriptor is not None else compact()
    return export_targets(folder, source.painting, source.mask, network, width)

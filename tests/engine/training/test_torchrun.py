"""Several processes train one network: gradients are averaged, so the weights stay equal."""

import subprocess
import sys
from pathlib import Path

from safetensors.torch import load_file

SCRIPT = """
import sys
from pathlib import Path
import torch
from engine.training.processes import pick_device
from engine.training.pack import TrainConfig, PackTrainer
folder = Path(sys.argv[1])
torch.set_num_threads(1)
trainer = PackTrainer(TrainConfig(
    painting=str(folder / "painting.png"), mask=str(folder / "regions.png"),
    descriptor=str(folder / "descriptor.safetensors"), width=160, steps=4, batch=1, crop=32,
    bank=2, minutes=60, scales=(("rgb", "relu1_1"),),
), pick_device())
while trainer.share < 1:
    trainer.train_step()
trainer.save(folder / f"{torch.distributed.get_rank()}.safetensors")
torch.distributed.destroy_process_group()
"""


def test_two_processes_stay_together(training_files: Path):
    (training_files / "script.py").write_text(SCRIPT)
    root = Path(__file__).parents[3]
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc_per_node", "2", str(training_files / "script.py"), str(training_files)),
        ],
        check=True,
        timeout=240,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
    )
    first, second = (load_file(training_files / f"{rank}.safetensors") for rank in (0, 1))
    trained = [name for name in first if name.endswith((".weight", ".bias"))]
    assert trained
    for name in trained:
        assert first[name].equal(second[name]), name

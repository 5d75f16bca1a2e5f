"""Daub's engine: generators, strokes, descriptors, losses and training.

Knows neither Qt nor the app.
"""

import os

# oneDNN's AMX kernels add up bfloat16 sums in another order for windows of another size, and tiles
# would differ from the whole by a bit. Read when torch first convolves.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

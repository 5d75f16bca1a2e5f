"""Daub's engine: generators, brush strokes, descriptors, losses and training.

The engine imports neither Qt nor the app.
"""

import os

# oneDNN's AMX kernels sum bfloat16 values in an order that depends on the window size, so tiles
# would not equal the whole picture exactly. oneDNN reads this at the first convolution.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

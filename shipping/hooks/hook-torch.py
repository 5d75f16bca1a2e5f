"""PyInstaller's hook for torch, instead of the published one.

The published hook imports every module of torch to find its submodules, which takes minutes. This
one uses the file names.
"""

from pathlib import Path

from _pyinstaller_hooks_contrib.utils.nvidia_cuda import infer_hiddenimports_from_requirements
from PyInstaller.utils.hooks import (
    PY_DYLIB_PATTERNS,
    collect_data_files,
    collect_dynamic_libs,
    get_package_paths,
)

from shipping.contents import is_left_out, opened_by_name, packages

_root = Path(get_package_paths("torch")[0])

# torch reads the source code of some of its own modules on import.
module_collection_mode = "pyz+py"
warn_on_missing_hiddenimports = False
hiddenimports = [
    ".".join(path.relative_to(_root).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((_root / "torch").rglob("*.py"))
    if not is_left_out(path.relative_to(_root).as_posix())
]
# The CUDA build of torch has its CUDA libraries in separate packages.
hiddenimports += infer_hiddenimports_from_requirements(packages())
datas = [
    entry
    for entry in collect_data_files("torch")
    if not is_left_out(Path(entry[0]).relative_to(_root).as_posix())
]
binaries = collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
binaries += opened_by_name(_root)
# With links from the bundle's main folder, torch would not find its libraries.
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]

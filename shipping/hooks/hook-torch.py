"""PyInstaller's hook for torch, in place of the published one, which imports every module of torch
to find its submodules: minutes, and a file's name tells the same."""

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

# torch reads the source of some of its own modules when they are imported.
module_collection_mode = "pyz+py"
warn_on_missing_hiddenimports = False
hiddenimports = [
    ".".join(path.relative_to(_root).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((_root / "torch").rglob("*.py"))
    if not is_left_out(path.relative_to(_root).as_posix())
]
# Torch for CUDA keeps that one's libraries in packages of their own.
hiddenimports += infer_hiddenimports_from_requirements(packages())
datas = [
    entry
    for entry in collect_data_files("torch")
    if not is_left_out(Path(entry[0]).relative_to(_root).as_posix())
]
binaries = collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
binaries += opened_by_name(_root)
# Links from the bundle's own folder would confuse torch about where its libraries are.
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]

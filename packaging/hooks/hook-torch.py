"""PyInstaller's hook for torch, in place of the usual one, which imports two thousand modules to list them and takes their sources along.

The analysis of imports finds the modules; what is added are the libraries, also those of CUDA where torch is built with it.
"""

from importlib.metadata import requires
from pathlib import Path

from _pyinstaller_hooks_contrib.utils import nvidia_cuda
from packaging.requirements import Requirement
from PyInstaller.utils.hooks import collect_dynamic_libs, get_package_paths

module_collection_mode = "pyc"
binaries = collect_dynamic_libs("torch", search_patterns=["*.dll", "*.dylib", "lib*.so", "*.so.*"])
_base, _package = map(Path, get_package_paths("torch"))
_manager = _package / "bin" / "torch_shm_manager"  # torch looks for it while it is imported, except on Windows
if _manager.exists():
    binaries.append((str(_manager), "torch/bin"))
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]  # torch looks for its libraries beside each other

# Modules of settings read their own source when they are imported: the comments in it mean something.
datas = [
    (str(path), str(path.parent.relative_to(_base)))
    for path in _package.rglob("*.py")
    if "install_config_module(" in path.read_text("utf-8", "replace")
]
_wanted = [
    requirement for requirement in map(Requirement, requires("torch") or []) if not requirement.marker or requirement.marker.evaluate()
]
hiddenimports = [
    "torch.onnx.operators",
    "torch.testing._internal.distributed.fake_pg",
    *(
        f"torch._dynamo.polyfills.{path.stem}" for path in (_package / "_dynamo" / "polyfills").glob("[a-z]*.py")
    ),  # by names that it makes up
    *nvidia_cuda.infer_hiddenimports_from_requirements([each.name for each in _wanted]),
]

"""What goes into the packaged program and what stays out: by rule, so that a new module or model needs no line here.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "aedesk"
RESOURCES = PROJECT / "resources"

NOT_SHIPPED = ("screenshots", "desktop")
"""Folders of ``resources`` that the program never opens: the README's pictures, and the installer's own files."""

HIDDEN_MODULES = tuple(
    f"imagecodecs._{name}"
    for name in (
        "shared", "shared_cython", "imcd", "png", "jpeg2k", "avif", "jpegxl",
        "zlib", "deflate", "zstd", "lzma", "webp", "jpeg8", "jpegxr", "ljpeg", "jpegsof3", "lerc", "ccitt", "cms",
    )
)  # fmt: skip
"""What libraries import by names that they make up: the codecs of picture files, the second line those inside TIFF files."""

LOOSE_PACKAGES = ("torch", "sympy", "mpmath", "scipy", "sklearn", "narwhals", "numpy", "pyqtgraph", "PIL", "tifffile")
"""Lie as files beside the programs. What is archived instead is inside both of the two programs, and slower to load."""

EXCLUDED_MODULES = (
    "tkinter", "_tkinter", "turtle", "idlelib", "lib2to3", "pydoc_data", "ensurepip", "pip", "setuptools", "pkg_resources", "wheel",
    "IPython", "matplotlib", "pandas", "pytest", "hypothesis", "cv2", "numba", "umap", "tensorboard", "onnx", "onnxruntime", "spandrel",
    "jinja2", "dask", "yaml", "sqlite3", "curses",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtQuickTest", "PySide6.QtDesigner", "PySide6.QtHelp",
    "PySide6.QtUiTools", "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtXml", "PySide6.QtConcurrent",
    "pyqtgraph.examples", "pyqtgraph.opengl", "pyqtgraph.flowchart", "pyqtgraph.canvas", "pyqtgraph.jupyter",
    "scipy.datasets", "sklearn.datasets.tests",
    "torch.testing._internal.common_utils",
    "torch.utils.tensorboard", "torch.utils.benchmark", "torch.utils.bottleneck",
    "torch._inductor.codegen", "torch._inductor.kernel", "torch._inductor.fx_passes", "torch._inductor.autoheuristic",
    "torch._inductor.template_heuristics", "torch._inductor.lowering", "torch._inductor.ir", "torch._inductor.scheduler",
    "torch._inductor.select_algorithm",
)  # fmt: skip
"""Never imported by the program: of other uses of its libraries, or of an environment that serves for development too."""

EXCLUDED_FILES = (
    # Qt: other languages, other windowing systems, the parts for QML. GTK's theme would bring GTK itself, and mix it with the system's.
    "PySide6/Qt/translations/*", "PySide6/Qt/qml/*", "PySide6/Qt/plugins/qmltooling/*", "PySide6/Qt/plugins/designer/*",
    "PySide6/Qt/plugins/*virtualkeyboard*", "PySide6/Qt/plugins/networkinformation/*", "PySide6/Qt/plugins/tls/*",
    "PySide6/Qt/plugins/platforms/*vnc*", "PySide6/Qt/plugins/platforms/*eglfs*", "PySide6/Qt/plugins/platforms/*linuxfb*",
    "PySide6/Qt/plugins/platforms/*vkkhrdisplay*", "PySide6/Qt/plugins/platforms/*minimal*", "PySide6/Qt/plugins/egldeviceintegrations/*",
    "PySide6/Qt/plugins/platformthemes/*gtk3*", "PySide6/Qt/plugins/generic/*",
    "*Qt6Qml*", "*Qt6Quick*", "*Qt6VirtualKeyboard*", "*Qt6Designer*", "*Qt6Egl[Ff][Ss]*",
    "libgtk-3*", "libgdk*", "libcairo*", "libpango*", "libatk*", "libatspi*", "libepoxy*", "libharfbuzz*", "libthai*", "libdatrie*",
    "libgraphite2*", "libfribidi*", "libpixman*", "libXcomposite*", "libXcursor*", "libXdamage*", "libXinerama*", "libXrandr*",
    "libgio-*", "libmount*", "libblkid*", "libselinux*", "libgmodule*", "libjpeg.so*", "libbrotli*.so.1",
    # torch: programs and tests; what its package carries for those who compile against it.
    "torch/bin/test_*", "torch/bin/protoc*", "torch/bin/*.pt*", "torch/bin/*Test", "torch/test/*", "torch/include/*", "torch/share/*",
    "*/tests/*", "sklearn/datasets/data/*", "sklearn/datasets/images/*", "sklearn/datasets/descr/*",
    "*.pyi", "*.pxd", "*.pyx", "*.h", "*.hpp", "*.cuh", "*.cmake", "*.c", "*.lib", "*.a",
)  # fmt: skip
"""Data and libraries that hooks collect with their packages, and nothing here opens. Patterns over paths inside the bundle."""


def modules(package: Path = PACKAGE) -> list[str]:
    """The dotted names of every module of the package; the worker imports services by name, which no analysis sees."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [name for name in found if not name.endswith(".__main__")]


def resources(root: Path = RESOURCES) -> list[tuple[str, str]]:
    """(file, folder in the bundle) of every resource that the program may open."""
    return [
        (str(path), str(Path("resources", path.relative_to(root)).parent))
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in NOT_SHIPPED
    ]


def is_left_out(name: str) -> bool:
    """Whether a file of the bundle, by its path in it, is one that nothing opens."""
    path = name.replace("\\", "/")
    return not path.startswith("resources/") and any(fnmatch(path, pattern) for pattern in EXCLUDED_FILES)


def kept(entries: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The entries (path in the bundle, source, kind) of one of PyInstaller's tables that are not left out, nor links to such."""
    return [entry for entry in entries if not is_left_out(entry[0]) and not (entry[2] == "SYMLINK" and is_left_out(entry[1]))]

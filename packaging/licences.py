"""The licences of everything in a bundle, as one text: each Python distribution, Python, and the system's libraries that are taken along.

What is in it is asked of the bundle's own tables, so that no list has to be kept.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from contents import PROJECT

Entries = Iterable[tuple[str, str, str]]
LICENCE_FILE = re.compile(r"(?i)(^|/)(licen[cs]e|copying|copyright|notice|authors|eula)[^/]*$|/licenses/")
RULE = "=" * 100


def parts(entries: Entries) -> list[Distribution]:
    """The distributions of which a module or a file is in the bundle, by name. Entries are (name or path in the bundle, source, kind)."""
    tops = {re.split(r"[./\\]", name, maxsplit=1)[0] for name, _, _ in entries}
    names = {name for top, names in packages_distributions().items() if top in tops for name in names}
    return [distribution(name) for name in sorted(names, key=str.lower) if name != "aedesk"]


def metadata_of(distribution: Distribution) -> tuple[str, str] | None:
    """(file, folder in the bundle) of what says a distribution's version and licence at run time."""
    file = next((file for file in distribution.files or [] if file.name == "METADATA" and file.parent.name.endswith(".dist-info")), None)
    return None if file is None else (str(distribution.locate_file(file)), file.parent.name)


def name_of(distribution: Distribution) -> str:
    """The licence in a word, as the distribution itself says it."""
    about = distribution.metadata
    classifiers = [text.rsplit("::", 1)[-1].strip() for text in about.get_all("Classifier") or [] if text.startswith("License ::")]
    said = about.get("License-Expression") or about.get("License") or ", ".join(classifiers)
    return " ".join(said.split("\n", 1)[0].split()) or "see below"


def system_packages(entries: Entries) -> dict[str, Path]:
    """Names of the Debian packages whose libraries are in the bundle, each with its copyright file. Empty on other systems."""
    if shutil.which("dpkg-query") is None:
        return {}
    homes = [str(Path(home).resolve()) for home in {sys.prefix, sys.base_prefix}]
    libraries = {
        source for _, source, kind in entries if kind == "BINARY" and source and not str(Path(source).resolve()).startswith(tuple(homes))
    }
    found = {}
    for library in sorted(libraries):
        path = Path(library).resolve()
        for candidate in (path, Path("/") / Path(*path.parts[2:]) if path.parts[1:2] == ("usr",) else path):
            answer = subprocess.run(["dpkg-query", "-S", str(candidate)], capture_output=True, text=True, check=False)
            package = answer.stdout.split(":", 1)[0].strip()
            copyright_file = Path("/usr/share/doc", package, "copyright")
            if answer.returncode == 0 and copyright_file.is_file():
                found[package] = copyright_file
                break
    return found


def text(entries: Entries) -> str:
    """The whole file."""
    entries = list(entries)
    found = parts(entries)
    packages = system_packages(entries)
    width = max(len(str(part.metadata["Name"])) for part in found)
    lines = ["aedesk is licensed under the Apache License 2.0. It carries these parts, each under its own licence:", ""]
    lines += [f"  {part.metadata['Name']:<{width}}  {part.version:<14}  {name_of(part)}" for part in found]
    lines += [f"  {name:<{width}}  {'':<14}  of the system it was built on" for name in sorted(packages)]
    lines += [f"  {'Python':<{width}}  {sys.version.split()[0]:<14}  PSF-2.0", ""]
    lines += _section("aedesk", (PROJECT / "LICENSE").read_text("utf-8"))
    for part in found:
        for file in part.files or []:
            if LICENCE_FILE.search(str(file)) and file.suffix not in (".py", ".pyc", ".pyi", ".so", ".h"):
                path = Path(str(part.locate_file(file)))
                if path.is_file():
                    lines += _section(f"{part.metadata['Name']} {part.version}: {file.name}", path.read_text("utf-8", "replace"))
    lines += _section("Python", _python_licence())
    for name, path in sorted(packages.items()):
        lines += _section(name, path.read_text("utf-8", "replace"))
    return "\n".join(lines) + "\n"


def _section(title: str, body: str) -> list[str]:
    return [RULE, title, RULE, "", body.rstrip(), ""]


def _python_licence() -> str:
    places = (Path(sysconfig.get_path("stdlib"), "LICENSE.txt"), Path(sys.base_prefix, "LICENSE.txt"))
    path = next((path for path in places if path.is_file()), None)
    return path.read_text("utf-8") if path else "Python Software Foundation License Version 2, https://docs.python.org/3/license.html"

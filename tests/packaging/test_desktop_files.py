"""What the desktop gets to know: the menu entry, the type of .aed files, the thumbnailer, and the script that installs them."""

from __future__ import annotations

import configparser
import os
import plistlib
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from aedesk.cli.main import build_parser
from aedesk.formats.aed_file import MAGIC, SUFFIX

NAMESPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"
only_posix = pytest.mark.skipif(os.name != "posix", reason="a shell script")


@pytest.fixture
def unpacked(project: Path, tmp_path: Path) -> Path:
    """An unpacked archive whose two programs say what they were called with."""
    folder = tmp_path / "un packed ä"
    (folder / "share").mkdir(parents=True)
    shutil.copytree(project / "resources" / "desktop", folder / "share" / "desktop")
    shutil.copytree(project / "resources" / "icons" / "app", folder / "share" / "icons")
    for name in ("aedesk", "aedesk-cli"):
        (folder / name).write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
        (folder / name).chmod(0o755)
    for name in ("install.sh", "uninstall.sh"):
        shutil.copy(project / "packaging" / "linux" / name, folder)
    return folder


def run(script: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(["sh", str(script), *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def test_the_type_of_aed_files_is_known_by_the_magic_and_the_suffix_of_the_format(project: Path) -> None:
    kind = ElementTree.parse(project / "resources" / "desktop" / "aedesk.xml").getroot().find(f"{NAMESPACE}mime-type")
    assert kind is not None
    assert kind.get("type") == "image/x-aed"
    match = kind.find(f"{NAMESPACE}magic/{NAMESPACE}match")
    assert match is not None
    assert match.get("value", "").encode().decode("unicode_escape").encode("latin-1") == MAGIC
    assert match.get("offset") == "0"
    glob = kind.find(f"{NAMESPACE}glob")
    assert glob is not None
    assert glob.get("pattern") == f"*{SUFFIX}"


@only_posix
def test_the_installed_entries_name_the_installed_programs(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "a home & more"
    home.mkdir()
    done = run(unpacked / "install.sh", home)
    assert done.returncode == 0, done.stderr
    entry = read(home / ".local/share/applications/aedesk.desktop")["Desktop Entry"]
    program = home / ".local/lib/aedesk/aedesk"
    assert entry["TryExec"] == str(program)
    assert entry["Exec"] == f'"{program}" %F'
    assert "image/x-aed" in entry["MimeType"].split(";")
    assert os.access(program, os.X_OK)
    assert (home / ".local/share/icons/hicolor/48x48/apps/aedesk.png").is_file()
    assert (home / ".local/bin/aedesk").resolve() == home / ".local/lib/aedesk/aedesk-cli"
    if validate := shutil.which("desktop-file-validate"):
        said = subprocess.run(
            [validate, str(home / ".local/share/applications/aedesk.desktop")], capture_output=True, text=True, check=False
        )
        assert (said.returncode, said.stdout) == (0, "")


@only_posix
def test_the_thumbnailer_calls_a_command_that_there_is(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert run(unpacked / "install.sh", home).returncode == 0
    entry = read(home / ".local/share/thumbnailers/aedesk.thumbnailer")["Thumbnailer Entry"]
    assert entry["MimeType"] == "image/x-aed;"
    line = entry["Exec"].replace("%s", "128").replace("%o", "/x/out").replace("%i", "/x/in.aed")
    said = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0] == entry["TryExec"]
    known = build_parser().parse_args(said[1:])
    assert (known.input, known.out, known.size) == ("/x/in.aed", "/x/out", 128)


@only_posix
def test_an_installation_is_replaced_and_taken_away_without_a_trace(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".local/share/applications").mkdir(parents=True)
    (home / ".local/share/applications/other.desktop").write_text("stays")
    assert run(unpacked / "install.sh", home).returncode == 0
    (home / ".local/lib/aedesk/old.txt").write_text("of an older version")
    assert run(unpacked / "install.sh", home).returncode == 0
    assert not (home / ".local/lib/aedesk/old.txt").exists()
    assert run(home / ".local/lib/aedesk/uninstall.sh", home).returncode == 0
    left = {path.relative_to(home / ".local/share").as_posix() for path in home.rglob("*") if path.parent != home and path.name != "share"}
    assert left - {"applications/mimeinfo.cache"} == {"applications", "applications/other.desktop"}


@only_posix
def test_a_home_that_was_empty_is_empty_afterwards(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert run(unpacked / "install.sh", home).returncode == 0
    assert run(unpacked / "uninstall.sh", home).returncode == 0
    assert [path.name for path in home.rglob("*")] in ([], [".local"])


@only_posix
def test_a_command_of_another_origin_and_a_folder_of_another_program_are_not_touched(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/bin/aedesk").write_text("installed by pip")
    done = run(unpacked / "install.sh", home)
    assert done.returncode == 0
    assert "stays as it is" in done.stderr
    assert (home / ".local/bin/aedesk").read_text() == "installed by pip"
    other = tmp_path / "other"
    (other / "lib/aedesk").mkdir(parents=True)
    (other / "lib/aedesk/precious").write_text("mine")
    assert run(unpacked / "install.sh", home, "--prefix", str(other)).returncode == 1
    assert (other / "lib/aedesk/precious").read_text() == "mine"


@only_posix
def test_without_a_home_it_says_what_to_do(unpacked: Path) -> None:
    done = subprocess.run(["sh", str(unpacked / "install.sh")], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--prefix" in done.stderr


def test_the_scripts_that_people_start_are_executable(project: Path) -> None:
    for name in ("linux/install.sh", "linux/uninstall.sh"):
        assert (project / "packaging" / name).stat().st_mode & stat.S_IXUSR or os.name != "posix"


def test_macos_is_told_of_the_files_in_words_that_it_reads(script: Callable[[str], ModuleType]) -> None:
    identity = script("identity")
    said = plistlib.loads(plistlib.dumps(identity.info_plist()))
    exported = said["UTExportedTypeDeclarations"][0]
    assert exported["UTTypeTagSpecification"]["public.filename-extension"] == [SUFFIX.removeprefix(".")]
    assert exported["UTTypeIdentifier"] in said["CFBundleDocumentTypes"][0]["LSItemContentTypes"]

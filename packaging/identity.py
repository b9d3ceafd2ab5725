"""How the packaged program says who it is to Windows and macOS: version information, document types."""

from __future__ import annotations

from typing import Any

from contents import PACKAGE

VERSION = (PACKAGE / "__init__.py").read_text("utf-8").split('__version__ = "', 1)[1].split('"', 1)[0]
BUNDLE_ID = "org.aedesk.aedesk"
AED_TYPE = "org.aedesk.aed"
DESCRIPTION = "Restore and compress photographs with autoencoders"
PICTURE_TYPES = ("public.jpeg", "public.png", "public.tiff", "org.webmproject.webp", "public.avif", "public.heic", "public.jpeg-2000")


def windows_version(program: str) -> Any:
    """The VERSIONINFO resource of one of the executables."""
    from PyInstaller.utils.win32 import versioninfo as info

    numbers = tuple([int(part) for part in VERSION.split(".")[:3]] + [0] * 4)[:4]
    strings = {
        "CompanyName": "The aedesk developers",
        "FileDescription": DESCRIPTION,
        "FileVersion": VERSION,
        "InternalName": program,
        "LegalCopyright": "Apache License 2.0; see LICENSES.txt",
        "OriginalFilename": f"{program}.exe",
        "ProductName": "aedesk",
        "ProductVersion": VERSION,
    }
    table = info.StringTable("040904B0", [info.StringStruct(key, text) for key, text in strings.items()])
    languages = info.VarFileInfo([info.VarStruct("Translation", [0x0409, 0x04B0])])
    return info.VSVersionInfo(ffi=info.FixedFileInfo(filevers=numbers, prodvers=numbers), kids=[info.StringFileInfo([table]), languages])


def info_plist() -> dict[str, Any]:
    """What Info.plist says beyond PyInstaller's own: .aed files are ours, other pictures can be opened too."""
    return {
        "CFBundleDisplayName": "aedesk",
        "CFBundleShortVersionString": VERSION,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "LSApplicationCategoryType": "public.app-category.photography",
        "LSMinimumSystemVersion": "12.0",
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "aedesk picture",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [AED_TYPE],
                "CFBundleTypeIconFile": "aedesk.icns",
            },
            {
                "CFBundleTypeName": "Picture",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": [*PICTURE_TYPES],
            },
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": AED_TYPE,
                "UTTypeDescription": "aedesk picture",
                "UTTypeConformsTo": ["public.image"],
                "UTTypeTagSpecification": {"public.filename-extension": ["aed"], "public.mime-type": ["image/x-aed"]},
            }
        ],
    }

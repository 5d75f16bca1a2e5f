"""Names, version and icon of the programs, in the form that each system needs."""

import sys
from pathlib import Path

from PIL import Image

from app import __version__
from resources.style_files import MIME_TYPE, SUFFIX
from shipping.contents import ROOT

WINDOWED = "Daub"
"""Name of the program that opens no console."""

CONSOLE = "daub" if sys.platform.startswith("linux") else "daub-cli"
"""Name of the console program; it must differ from WINDOWED where file names ignore case."""

ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)

STYLE_TYPE = "app.daub.style"
"""Uniform type identifier of style files on macOS."""

INFO_PLIST = {
    "CFBundleExecutable": WINDOWED,
    # PyInstaller sets this for an application that contains a console program.
    "LSBackgroundOnly": False,
    "CFBundleName": "Daub",
    "CFBundleDisplayName": "Daub",
    "NSHighResolutionCapable": True,
    "NSHumanReadableCopyright": "MIT licence",
    "CFBundleDocumentTypes": [
        {
            "CFBundleTypeName": "OpenRaster painting",
            "CFBundleTypeExtensions": ["ora"],
            "CFBundleTypeMIMETypes": ["image/openraster"],
            "CFBundleTypeRole": "Editor",
            "LSHandlerRank": "Alternate",
            "LSItemContentTypes": ["org.openraster.ora"],
        },
        {
            "CFBundleTypeName": "Daub style",
            "CFBundleTypeExtensions": [SUFFIX[1:]],
            "CFBundleTypeMIMETypes": [MIME_TYPE],
            "CFBundleTypeRole": "Viewer",
            "LSHandlerRank": "Owner",
            "LSItemContentTypes": [STYLE_TYPE],
        },
    ],
    "UTExportedTypeDeclarations": [
        {
            "UTTypeIdentifier": STYLE_TYPE,
            "UTTypeDescription": "Daub style",
            "UTTypeConformsTo": ["public.data"],
            "UTTypeTagSpecification": {
                "public.filename-extension": [SUFFIX[1:]],
                "public.mime-type": [MIME_TYPE],
            },
        }
    ],
    "UTImportedTypeDeclarations": [
        {
            "UTTypeIdentifier": "org.openraster.ora",
            "UTTypeDescription": "OpenRaster painting",
            "UTTypeConformsTo": ["public.image", "public.data"],
            "UTTypeTagSpecification": {
                "public.filename-extension": ["ora"],
                "public.mime-type": ["image/openraster"],
            },
        }
    ],
}
"""Additional entries of macOS's Info.plist, besides name, icon and version."""

_VERSION = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004,
    fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("CompanyName", "Daub"),
      StringStruct("FileDescription", "Daub"),
      StringStruct("FileVersion", "{text}"),
      StringStruct("LegalCopyright", "MIT licence"),
      StringStruct("OriginalFilename", "Daub.exe"),
      StringStruct("ProductName", "Daub"),
      StringStruct("ProductVersion", "{text}")])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])])
  ]
)
"""


def icon(folder: Path, system: str = sys.platform) -> str | None:
    """Write the icon file of a system's programs and return its path; None if they have none."""
    ending = {"win32": ".ico", "darwin": ".icns"}.get(system)
    if ending is None:
        return None
    path = folder / f"daub{ending}"
    write_icon(path)
    return str(path)


def write_icon(path: Path) -> None:
    """Write the icon as .ico or .icns, by file extension."""
    with Image.open(ROOT / "resources" / "desktop" / "daub-512.png") as picture:
        if path.suffix == ".ico":
            picture.save(path, sizes=[(size, size) for size in ICON_SIZES])
        else:
            picture.save(path)


def windows_version(folder: Path, system: str = sys.platform) -> str | None:
    """Write the version resource of Windows programs and return its path; None on other systems."""
    if system != "win32":
        return None
    path = folder / "version.txt"
    path.write_text(version_resource(__version__), encoding="utf-8")
    return str(path)


def version_resource(version: str) -> str:
    """Return the text of a Windows version resource: ``0.1.0`` also as four numbers."""
    numbers = [int(part) for part in version.split(".") if part.isdecimal()]
    return _VERSION.format(numbers=tuple((numbers + [0] * 4)[:4]), text=version)

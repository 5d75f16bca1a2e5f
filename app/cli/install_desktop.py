"""``daub install-desktop``: Daub in the menus of a Linux desktop."""

import sys
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from app.cli.options import Overwrite
from app.platform import desktop
from app.platform.output_guard import check_file
from engine.errors import EngineError

commands = typer.Typer()


@commands.command("install-desktop")
def install_desktop(
    remove: Annotated[bool, typer.Option("--remove", help="Take it out of them again.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Data folder, if not your own; /usr/local/share for all.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Put Daub into the menus of your desktop, with its icon, and let it open .ora files."""
    if not sys.platform.startswith("linux"):
        raise EngineError("Only Linux desktops need this; elsewhere the installed Daub is enough.")
    folder = data if data is not None else Path(platformdirs.user_data_dir())
    if remove:
        paths = desktop.remove(folder)
        print("\n".join(f"removed {path}" for path in paths) or f"Daub is not in {folder}.")
    else:
        program = desktop.own_program()
        own = desktop.own_files(folder, program)
        for path in own:
            check_file(path, [program], overwrite, own.__getitem__, makes=True)
        for path in desktop.install(folder, program):
            print(path)

"""``daub install-desktop``: add Daub to the menus of a Linux desktop."""

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
    remove: Annotated[bool, typer.Option("--remove", help="Remove it from the menus.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="Data folder, if not your own; for all users: /usr/local/share."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Add Daub to your desktop's menus, with its icon, and associate it with .ora files."""
    if not sys.platform.startswith("linux"):
        raise EngineError("Only Linux desktops need this command.")
    folder = data if data is not None else Path(platformdirs.user_data_dir())
    if remove:
        paths = desktop.remove(folder)
        removed = "\n".join(f"removed {path}" for path in paths)
        print(removed or f"Daub is not installed in {folder}.")
    else:
        program = desktop.own_program()
        own = desktop.own_files(folder, program)
        for path in own:
            check_file(path, [program], overwrite, own.__getitem__, makes=True)
        for path in desktop.install(folder, program):
            print(path)

"""What the commands share: exit codes, and how a command is added and its answer written."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mmnotes.data.writing import replaced
from mmnotes.errors import InputError

OK, FAILED, MISUSED = 0, 1, 2


def command(commands: Any, name: str, function: Any, about: str) -> argparse.ArgumentParser:
    """Add a command that calls ``function`` with what was given."""
    parser = commands.add_parser(name, help=about, description=function.__doc__)
    parser.set_defaults(command=function)
    return parser


def write_json(document: Any, where: str) -> None:
    """Write to a file, or to the terminal if ``where`` is ``-``."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        try:
            with replaced(Path(where)) as part:
                part.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"--json {where}: cannot be written ({error})") from error

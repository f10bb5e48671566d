import importlib
import subprocess
import sys

import pytest

from mmnotes.data.extras import need
from mmnotes.errors import InputError


def test_what_is_installed_is_imported():
    assert need("json") is importlib.import_module("json")


def test_what_is_not_says_how_to_install_it():
    with pytest.raises(
        InputError, match=r"no_such_package is not .* pip install 'mmnotes\[data\]'"
    ):
        need("no_such_package.part")


@pytest.mark.parametrize("module", ["duckdb", "orjson", "pyarrow"])
def test_preparing_without_a_package_says_so(module):
    code = f"""
import sys
sys.modules[{module!r}] = None  # as if it were not installed
import mmnotes.cli.prepare, mmnotes.data.record
try:
    import mmnotes.data.preparing.prepare
except ValueError as error:
    print(type(error).__name__, error)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.startswith(f"InputError {module} is not installed; it comes with the data")

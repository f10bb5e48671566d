import subprocess
import sys

import pytest

TRY = """
import sys
sys.modules[sys.argv[1]] = None
from mmnotes import data
from mmnotes.errors import InputError
try:
    data.fetch("coat")
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("package", ["requests", "tomli_w"])
def test_without_the_extra_it_says_how_to_install_it(package):
    out = subprocess.run([sys.executable, "-c", TRY, package], capture_output=True, text=True)
    assert out.stdout.startswith(f"{package} is not installed; it comes with the data extra: pip")


def test_importing_the_room_above_needs_no_extra():
    code = "import sys, mmnotes.data; print([m for m in ('requests',) if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"

"""The harness: how many inputs are tried, and a watch over what reading them does.

Each test here takes generated input and asks for a valid result or an InputError, nothing else.
`make test` tries as many as hypothesis does by default, 100 a test; `make fuzz` those of the
profile below, and prints how many that were.
"""

import contextlib
import os
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mmnotes.data.raw import source
from mmnotes.errors import InputError

settings.register_profile(
    "fuzz",
    max_examples=5000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)

# What the interpreter reports of itself (https://docs.python.org/3/library/audit_events.html) when
# code is run, a process started, another machine asked, or the file system changed.
_RUNS = ("exec", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "subprocess.Popen")
_RUNS += ("pickle.find_class", "ctypes.dlopen", "socket.connect", "code.__new__")
_CHANGES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _importing():
    """Whether a library is being imported, as parts of them are when first needed."""
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


class Watch:
    """What happened while it watched that should not have."""

    def __init__(self):
        self.watching = False
        self.seen = []
        sys.addaudithook(self.hook)  # for good: an audit hook cannot be taken off

    def hook(self, event, args):
        if not self.watching:
            return
        writes = event == "open" and args[2] & _WRITING
        bad = writes or event in _RUNS or event in _CHANGES or event.startswith("shutil.")
        if bad and not _importing():
            self.seen.append((event, str(args)[:200]))

    @contextlib.contextmanager
    def over(self):
        """Run what must neither run code nor write, nor warn."""
        self.seen.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.watching = True
            try:
                yield
            finally:
                self.watching = False
        assert not self.seen


@pytest.fixture(scope="session")
def watch(tmp_path_factory):
    # A lock for progress bars is made when first needed, which is no deed of the input's.
    tame = tmp_path_factory.mktemp("tame") / "reviews.csv"
    tame.write_text("user,item,time\na,b,2014-07-01\n")
    assert list(source.reviews("table", tame, source.Tally()))
    return Watch()


@pytest.fixture(scope="session")
def outcome(watch):
    """What a reader made of a hostile file, or None; and why not.

    Any exception but an InputError fails the test, and so does whatever the watch sees.
    """

    def read(reader, *args, **options):
        with watch.over():
            try:
                return reader(*args, **options), ""
            except InputError as error:
                return None, str(error)

    return read


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A file whose folder nothing else may appear in."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    yield folder / "file"
    assert {each.name for each in folder.iterdir()} <= {"file"}

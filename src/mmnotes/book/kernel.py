"""The kernel that the book's notebooks run in: this interpreter, few threads, no foreign set-up."""

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Dict
from traitlets.config import Config

import mmnotes
from mmnotes.data.registry import VARIABLE

# Each of these, unset, takes all cores for each of the kernels that run side by side.
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "LOKY_MAX_CPU_COUNT",  # joblib's processes: the notebooks themselves run side by side
)
_LONGEST_SOCKET = 90  # an ipc address is a file name, and Unix allows some hundred characters


class OwnKernelManager(AsyncKernelManager):
    """Starts the interpreter that runs this, whatever ``python3`` means to Jupyter elsewhere.

    A kernel of the same name in the user's folder may belong to another environment
    (https://github.com/nteract/papermill/issues/251), so no kernel is looked up by its name.
    """

    kernel_env = Dict(help="Environment variables of the kernel, over those of this process.").tag(
        config=True
    )

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command line of a kernel of this interpreter."""
        # Its log is of no use to a reader: it calls its own orderly end an error.
        command = [sys.executable, "-m", "ipykernel_launcher", "--log-level=CRITICAL"]
        command += ["-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]  # as in its parent
        """Start it with the environment of this process, changed by ``kernel_env``."""
        kw["env"] = {**os.environ, **kw.get("env", {}), **self.kernel_env}
        await super().start_kernel(**kw)


def environment(threads: int, scratch: Path, book: Path) -> dict[str, str]:
    """The variables that a kernel gets: threads, the library that runs it, no user profile."""
    return {
        **dict.fromkeys(THREADS, str(threads)),
        "PYTHONPATH": python_path(),
        # start-up files of a reader's own IPython must not reach the book's numbers
        "IPYTHONDIR": str(scratch / "ipython"),
        "MMNOTES_BOOK": str(book.absolute()),
        **_data_folder(),
    }


def _data_folder() -> dict[str, str]:
    """``MMNOTES_DATA`` as a whole path: a kernel starts in another folder than the command."""
    named = os.environ.get(VARIABLE)
    return {VARIABLE: str(Path(named).expanduser().absolute())} if named else {}


def python_path() -> str:
    """A PYTHONPATH under which a child process imports the very library that runs here."""
    source = str(Path(mmnotes.__file__).resolve().parents[1])
    inherited = os.environ.get("PYTHONPATH", "")
    # an installed copy is found anyway, and site-packages must not come before the standard library
    if source == sysconfig.get_paths()["purelib"]:
        return inherited
    return os.pathsep.join([source, inherited]) if inherited else source


def configuration(threads: int, scratch: Path, book: Path) -> Config:
    """What nbclient hands to the kernel manager.

    Parameters
    ----------
    threads : int
        Threads of the kernel.
    scratch : Path
        A folder of this run alone, with a short name.
    book : Path
        The folder of the ledger and the kept results that the page reads.
    """
    connection = scratch / "k.json"
    sockets = os.name == "posix" and len(str(connection)) < _LONGEST_SOCKET
    return Config(
        {
            "OwnKernelManager": {
                "kernel_env": environment(threads, scratch, book),
                "connection_file": str(connection),
                # over tcp, ipykernel prints a line about it at each start
                "transport": "ipc" if sockets else "tcp",
            }
        }
    )

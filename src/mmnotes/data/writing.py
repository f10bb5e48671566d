"""Files that are there whole, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """Where to write what is to become ``file``: it takes the name when the block ends well.

    Whoever reads ``file`` meanwhile sees the old one or the new one, whole; so do two processes
    that write it at once. If the block raises, the old file stays and nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     note = Path(folder) / "note.txt"
    ...     with replaced(note) as part:
    ...         _ = part.write_text("whole")
    ...     note.read_text()
    'whole'
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".part-", suffix=file.suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)  # mkstemp makes files that only their owner can read
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)

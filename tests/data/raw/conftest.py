"""Files of lines, made on the spot."""

import gzip
import json

import pytest


@pytest.fixture
def lines_of(tmp_path):
    """Write records to a gzip file, one a line: as JSON, or as Python prints them."""

    def write(records, say=json.dumps):
        file = tmp_path / "lines.gz"
        text = "".join(
            (record if isinstance(record, str) else say(record)) + "\n" for record in records
        )
        file.write_bytes(gzip.compress(text.encode()))
        return file

    return write

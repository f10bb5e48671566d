"""A web server on this machine that does all that a server should not."""

import gzip
import hashlib
import os
import re
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmnotes.data import registry
from mmnotes.data.fetching.manners import Manners

QUICK = Manners(retries=2, cuts=4, backoff=0.001, longest_wait=2.0, connect=2.0, read=1.0)

RANDOM = np.random.default_rng(0)
GOODS = SimpleNamespace(
    reviews=gzip.compress(RANDOM.bytes(500_000)),
    changed=gzip.compress(RANDOM.bytes(500_000)),
    matrix=b"\x80\x04" + RANDOM.bytes(5000),
)


class Answer:
    """How one request is answered.

    ``cut`` closes the connection after so many bytes of the body; ``ranges=False`` ignores Range
    and If-Range; ``lies=True`` answers If-Range as though the file were still the same; ``slow`` is
    how many seconds to rest after each fiftieth of the body.
    """

    def __init__(self, body=b"", status=200, cut=None, ranges=True, lies=False, slow=0, **headers):
        self.body, self.status, self.cut, self.ranges = body, status, cut, ranges
        self.lies, self.slow = lies, slow
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def send(self, handler):
        body, status, headers = self.body, self.status, dict(self.headers)
        start = self.start(handler.headers)
        if status == 200 and start is not None:
            if start >= len(body):
                headers["Content-Range"], body, status = f"bytes */{len(body)}", b"", 416
            else:
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                body, status = body[start:], 206
        headers.setdefault("Content-Length", str(len(body)))
        headers.setdefault("Content-Type", "application/octet-stream")
        handler.send_response(status)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        sent = body if self.cut is None else body[: self.cut]
        piece = max(1, len(body) // 50) if self.slow else len(body) + 1
        for place in range(0, len(sent), piece):
            handler.wfile.write(sent[place : place + piece])
            time.sleep(self.slow)
        handler.close_connection = True

    def start(self, asked):
        given = re.fullmatch(r"bytes=(\d+)-", asked.get("Range", ""))
        if given is None or not self.ranges:
            return None
        condition = asked.get("If-Range")
        mine = (self.headers.get("ETag"), self.headers.get("Last-Modified"))
        if condition is not None and condition not in mine and not self.lies:
            return None
        return int(given[1])


class Server:
    """Answers each path with its answers in turn, the last one for ever; remembers the requests."""

    def __init__(self):
        self.answers, self.requests = {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                answers = outer.answers.get(self.path, [Answer(b"nothing", 404)])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                with suppress(BrokenPipeError, ConnectionResetError):  # it has heard enough
                    answer.send(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def give(self, path, *answers):
        """Answer this path so; returns its address."""
        self.answers[path] = list(answers)
        return self.url + path

    def ranges(self, path):
        """The Range of each request for a path; None where there was none."""
        return [headers.get("Range") for asked, headers in self.requests if asked == path]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def other_server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def answer():
    """Make an answer: ``answer(body, status=…, cut=…)``."""
    return Answer


@pytest.fixture
def quick():
    """Manners of one who has no time."""
    return QUICK


@pytest.fixture
def goods():
    """What the shop of the toys gives: reviews, the same after a change, and a matrix."""
    return GOODS


@pytest.fixture
def toys(server, answer, tmp_path, monkeypatch):
    """A registry with one dataset: reviews that nobody knows, and a matrix that is known."""
    file = tmp_path / "registry.toml"
    file.write_text(f"""
[origins.shop]
bases = ["{server.url}/shop", "{server.url}/mirror"]

[[dataset]]
name = "toys"
about = "toys"
origin = "shop"
n_rows = 1000
counted = "here"
licence = "none"
citation = "none"

[[dataset.raw]]
role = "reviews"
path = "some/reviews.json.gz"

[[dataset.raw]]
role = "matrix"
path = "train.pkl"
holds = "who took what"
bytes = {len(GOODS.matrix)}
sha256 = "{hashlib.sha256(GOODS.matrix).hexdigest()}"

[[dataset]]
name = "nowhere"
about = "toys"
n_rows = 1
counted = "here"
licence = "none"
citation = "none"
doubt = "no address is known for it"
""")
    monkeypatch.setattr(registry, "_FILES", (file,))
    registry.sources.cache_clear()
    server.give("/shop/some/reviews.json.gz", answer(GOODS.reviews, ETag='"1"'))
    server.give("/shop/train.pkl", answer(GOODS.matrix))
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    registry.sources.cache_clear()


@pytest.fixture
def originals():
    """The address of a mirror of the public copies, on this machine."""
    folder = Path(os.environ.get("MMNOTES_DATA", "nowhere")) / "originals"
    if not folder.is_dir():
        pytest.skip("the public copies are not at hand: set MMNOTES_DATA")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

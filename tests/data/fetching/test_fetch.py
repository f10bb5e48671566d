import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import tomllib

import pytest

from mmnotes.data import registry
from mmnotes.data.fetching.alone import alone
from mmnotes.data.fetching.fetch import fetch
from mmnotes.errors import DataNotFound, InputError

FETCH = """
import sys
from pathlib import Path
from mmnotes.data import registry
from mmnotes.data.fetching.fetch import fetch
from mmnotes.data.fetching.manners import Manners
registry._FILES = (Path(sys.argv[1]),)
fetch("toys", sys.argv[2], say=print, manners=Manners(backoff=0.001))
"""


@pytest.fixture
def bring(toys, quick):
    """Fetch the toys; what was said is in ``bring.said``."""

    def bring(name="toys", **options):
        bring.said.clear()
        return fetch(name, toys, say=bring.said.append, manners=quick, **options)

    bring.said = []
    return bring


def lock_of(toys):
    tables = tomllib.loads((toys / "raw" / "toys" / "fetched.toml").read_text())["file"]
    return {table["path"]: table for table in tables}


class TestFetch:
    def test_brings_each_file_to_where_it_belongs(self, toys, bring, server, goods):
        found = bring()
        root = toys / "raw" / "toys"
        assert found == {"reviews": root / "some" / "reviews.json.gz", "matrix": root / "train.pkl"}
        assert found["reviews"].read_bytes() == goods.reviews
        assert found["matrix"].read_bytes() == goods.matrix
        assert bring.said == [
            "some/reviews.json.gz: fetching",
            "train.pkl: fetching who took what",
        ]
        left = {file.name for file in root.rglob("*") if file.is_file()}
        assert left == {"reviews.json.gz", "train.pkl", "fetched.toml", ".lock"}

    def test_records_what_it_saw(self, toys, bring, server, goods):
        bring()
        seen = lock_of(toys)["some/reviews.json.gz"]
        assert seen["sha256"] == hashlib.sha256(goods.reviews).hexdigest()
        assert seen["bytes"] == len(goods.reviews)
        assert seen["url"] == f"{server.url}/shop/some/reviews.json.gz"
        assert seen["date"].startswith("20")

    def test_asks_for_nothing_twice(self, toys, bring, server):
        bring()
        before, asked = lock_of(toys), len(server.requests)
        bring()
        assert len(server.requests) == asked
        assert lock_of(toys) == before
        assert bring.said[0] == "some/reviews.json.gz: at hand, checking"

    def test_a_mirror_comes_first(self, toys, bring, server, answer, goods):
        server.give("/near/shop/some/reviews.json.gz", answer(goods.reviews))
        bring(mirror=f"{server.url}/near/")
        assert lock_of(toys)["some/reviews.json.gz"]["url"].startswith(f"{server.url}/near/shop/")
        assert lock_of(toys)["train.pkl"]["url"] == f"{server.url}/shop/train.pkl"
        passed = f"  passed over: {server.url}/near/shop/train.pkl answered 404 Not Found"
        assert passed in bring.said

    def test_without_what_is_not_needed(self, toys, bring):
        assert set(bring(without={"reviews"})) == {"matrix"}
        assert not (toys / "raw" / "toys" / "some").exists()

    def test_a_file_that_somebody_put_there(self, toys, bring, server, goods):
        (toys / "raw" / "toys").mkdir(parents=True)
        (toys / "raw" / "toys" / "train.pkl").write_bytes(goods.matrix)
        bring()
        assert not server.ranges("/shop/train.pkl")
        assert lock_of(toys)["train.pkl"]["url"] == ""

    def test_what_came_whole_stays_when_the_next_does_not_come(
        self, toys, bring, server, answer, goods
    ):
        server.give("/shop/train.pkl", answer(b"", 500))
        with pytest.raises(InputError, match=r"train\.pkl did not come:"):
            bring()
        assert list(lock_of(toys)) == ["some/reviews.json.gz"]
        server.give("/shop/train.pkl", answer(goods.matrix))
        bring()
        assert len(server.ranges("/shop/some/reviews.json.gz")) == 1

    def test_the_message_says_what_each_address_did_and_what_to_do(self, toys, bring, server):
        server.answers.clear()
        with pytest.raises(InputError) as told:
            bring()
        lines = str(told.value).split("\n")
        address = f"{server.url}/shop/some/reviews.json.gz"
        assert lines[1] == f"  {address} answered 404 Not Found"
        assert lines[2] == f"  {address.replace('/shop', '/mirror')} answered 404 Not Found"
        assert lines[3].endswith(f"to {toys}/raw/toys/some/reviews.json.gz")


class TestChanges:
    def test_upstream_is_an_error_that_says_how_to_accept_it(
        self, toys, bring, server, answer, goods
    ):
        file = bring()["reviews"]
        before = lock_of(toys)
        file.unlink()
        server.give("/shop/some/reviews.json.gz", answer(goods.changed, Content_Length=None))
        with pytest.raises(InputError, match=r"(?s)gave a file.*on purpose since 20.*--accept"):
            bring()
        assert not file.exists()
        assert lock_of(toys) == before
        assert bring(accept=True)["reviews"].read_bytes() == goods.changed
        sha256 = lock_of(toys)["some/reviews.json.gz"]["sha256"]
        assert sha256 == hashlib.sha256(goods.changed).hexdigest()
        bring()

    def test_here_is_an_error_too(self, toys, bring, goods):
        file = bring()["reviews"]
        file.write_bytes(goods.changed)
        with pytest.raises(InputError, match=f"{file} is not what it should be: .*remove it"):
            bring()
        assert file.read_bytes() == goods.changed
        bring(accept=True)
        bring()

    def test_nothing_overrules_the_registry(self, toys, bring, goods):
        file = bring()["matrix"]
        file.write_bytes(goods.matrix[:-1] + b"?")
        with pytest.raises(InputError, match="is not what it should be") as told:
            bring(accept=True)
        assert "--accept-changes" not in str(told.value)

    def test_a_mirror_with_another_file_is_passed_over(self, toys, bring, server, answer, goods):
        server.give("/near/shop/train.pkl", answer(goods.matrix[:-1] + b"?"))
        assert bring(mirror=f"{server.url}/near")["matrix"].read_bytes() == goods.matrix


class TestRefusals:
    def test_no_address(self, toys, bring):
        with pytest.raises(DataNotFound, match=f"no address is known for it; bring it to {toys}"):
            bring("nowhere")

    def test_unknown_role(self, bring):
        with pytest.raises(InputError, match="toys has no file 'photos' to do without; it has rev"):
            bring(without={"photos"})

    def test_unknown_name(self, bring):
        with pytest.raises(InputError, match="did you mean 'toys'"):
            bring("toy")

    def test_a_folder_that_cannot_be_written(self, toys, bring):
        (toys / "raw").write_text("in the way")
        with pytest.raises(InputError, match=r"raw/toys: cannot be written .*name another folder"):
            bring()


class TestProcesses:
    def start(self, toys):
        return subprocess.Popen(
            [sys.executable, "-c", FETCH, str(toys.parent / "registry.toml"), str(toys)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_two_that_want_the_same_file(self, toys, server, answer, goods):
        """The second waits for the first, and finds its file."""
        slow = answer(goods.reviews, slow=0.01)
        server.give("/shop/some/reviews.json.gz", slow)
        both = [self.start(toys) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert (toys / "raw/toys/some/reviews.json.gz").read_bytes() == goods.reviews
        assert len(server.ranges("/shop/some/reviews.json.gz")) == 1
        assert len(lock_of(toys)) == 2

    def test_one_that_is_killed_leaves_no_half_file_and_no_lock(
        self, toys, server, answer, bring, goods
    ):
        body = answer(goods.reviews, slow=0.05, ETag='"1"')
        server.give("/shop/some/reviews.json.gz", body)
        process = self.start(toys)
        part = toys / "raw/toys/some/reviews.json.gz.part"
        until = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert not (toys / "raw/toys/some/reviews.json.gz").exists()
        server.give("/shop/some/reviews.json.gz", answer(goods.reviews, ETag='"1"'))
        came = part.stat().st_size
        assert 0 < came < len(goods.reviews)
        assert bring()["reviews"].read_bytes() == goods.reviews
        assert server.ranges("/shop/some/reviews.json.gz") == [None, f"bytes={came}-"]

    def test_one_that_waits_says_so(self, tmp_path):
        said, entered = [], threading.Event()

        def second():
            with alone(tmp_path, said.append):
                entered.set()

        with alone(tmp_path):
            thread = threading.Thread(target=second)
            thread.start()
            assert not entered.wait(0.2)
            assert said == [f"another process is at work in {tmp_path}: waiting for it"]
        thread.join(10)
        assert entered.is_set()


class TestRealCopies:
    """The public copies, from a server on this machine as from their own."""

    @pytest.mark.parametrize(
        "name",
        [
            "amazon-baby",
            "amazon-sports",
            "amazon-grocery",
            "coat",
            "open-bandit",
            "flickr8k-captions",
        ],
    )
    def test_come_whole(self, name, originals, tmp_path):
        known = registry.source(name)
        found = fetch(name, tmp_path, originals)
        assert set(found) == {file.role for file in known.raw}
        for file in known.raw:
            assert found[file.role] == tmp_path / "raw" / name / file.path
            assert hashlib.sha256(found[file.role].read_bytes()).hexdigest() == file.sha256

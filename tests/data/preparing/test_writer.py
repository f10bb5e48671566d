"""Dataset folders appear whole, or not at all."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.data.embedding import Embedding
from mmnotes.data.preparing import workshop as room
from mmnotes.data.preparing.parts import Parts
from mmnotes.data.preparing.writer import write_dataset
from mmnotes.data.raw.tally import Tally
from mmnotes.data.record import FILE, Drop, Record, read_record, write_record
from mmnotes.errors import InputError

RECORD = Record(name="small", options={"k_core": 1})
GRAPH = {"neighbors": np.array([[1], [0]], np.int32), "cosine": np.ones((2, 1), np.float32)}


def parts(**changes):
    tally = Tally()
    tally.read("reviews", 5)
    tally.drop("no user", "reviews.json line 2", 3)
    taken = pd.DataFrame({"user": [0, 1], "item": [1, 0], "rating": [4.0, np.nan]})
    whole = Parts(
        tables={"interactions": taken, "items": pd.DataFrame({"item": [0, 1], "id": ["a", "b"]})},
        tally=tally,
        vectors={"image": np.array([[1, 2], [3, 4]], np.float16)},
        archives={"image_knn1": GRAPH},
        embeddings={"image": "image"},
        graphs={"image": "image_knn1"},
        made_by={"image": Embedding(model="eye")},
    )
    return replace(whole, **changes)


def test_what_is_written_is_read(tmp_path):
    out = tmp_path / "deep" / "small"
    record = write_dataset(out, parts(), RECORD)
    assert read_record(out) == record
    assert record.counts == {"reviews": 5, "interactions": 2, "items": 2}
    assert record.dropped == (Drop("no user", 3, "reviews.json line 2"),)
    assert [file.name for file in record.files] == [
        "interactions.parquet",
        "items.parquet",
        "image.npy",
        "image_knn1.npz",
    ]
    assert record.embeddings["image"]["model"] == "eye"
    assert record.graphs == {"image": {"file": "image_knn1.npz", "k": 1}}
    small = data.load(out)
    assert small.interactions.item.tolist() == [1, 0]
    np.testing.assert_array_equal(small.embeddings["image"], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(small.graphs["image"].index, GRAPH["neighbors"])
    assert [path.name for path in out.parent.iterdir()] == ["small"]
    assert out.stat().st_mode & 0o777 == 0o777 & ~umask()


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_same_parts_make_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_dataset(tmp_path / name, parts(), RECORD)
    assert data.fingerprint(tmp_path / "one") == data.fingerprint(tmp_path / "two")


def test_files_are_moved_and_mapped_arrays_copied(tmp_path):
    mapped = np.lib.format.open_memmap(tmp_path / "mapped.npy", "w+", np.float32, (2, 5000))
    mapped[1] = 7

    def make(scratch):
        table = scratch / "t.parquet"
        pd.DataFrame({"item": [0, 1]}).to_parquet(table)
        np.save(scratch / "v.npy", np.eye(2, dtype=np.float32))
        vectors = {"mapped": mapped, "moved": scratch / "v.npy"}
        return parts(tables={"items": table}, vectors={**parts().vectors, **vectors})

    record = write_dataset(tmp_path / "small", make, RECORD)
    np.testing.assert_array_equal(np.load(tmp_path / "small" / "mapped.npy"), mapped)
    np.testing.assert_array_equal(np.load(tmp_path / "small" / "moved.npy"), np.eye(2))
    assert {file.name: file.rows for file in record.files}["moved.npy"] == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vectors": {}}, r"'image' is to lie in image\.npy, which is not given"),
        ({"archives": {}}, r"'image' is to lie in image_knn1\.npz, which is not given"),
        ({"vectors": {"image": np.array([[{}]])}}, r"image\.npy would hold Python objects"),
        (
            {"archives": {"image_knn1": {**GRAPH, "x": np.array([None])}}},
            r"image_knn1\.npz would hold Python objects",
        ),
    ],
)
def test_parts_that_cannot_be(change, said):
    with pytest.raises(InputError, match=said):
        parts(**change)


class TestWhatIsThere:
    def test_is_not_replaced_unless_forced(self, tmp_path):
        out = tmp_path / "small"
        write_dataset(out, parts(), RECORD)
        with pytest.raises(InputError, match=r"small is there: .*--force"):
            write_dataset(out, parts(), RECORD)
        write_dataset(out, parts(), replace(RECORD, about="new"), force=True)
        assert read_record(out).about == "new"
        assert [path.name for path in tmp_path.iterdir()] == ["small"]

    @pytest.mark.parametrize("force", [False, True])
    def test_is_never_replaced_if_it_is_no_dataset(self, tmp_path, force):
        out = tmp_path / "home"
        out.mkdir()
        (out / "letters.txt").touch()
        with pytest.raises(InputError, match="home is there and is no prepared dataset"):
            write_dataset(out, parts(), RECORD, force)
        assert (out / "letters.txt").exists()

    def test_may_be_an_empty_folder(self, tmp_path):
        write_dataset(tmp_path, parts(), RECORD)
        assert data.load(tmp_path).name == "small"

    def test_stays_if_the_new_one_cannot_take_its_place(self, tmp_path, monkeypatch):
        out = tmp_path / "small"
        write_dataset(out, parts(), RECORD)
        before = data.fingerprint(out)
        rename = room.Path.rename

        def refuse(self, target):
            if self.name == "new":
                raise OSError(5, "the disk is tired")
            return rename(self, target)

        monkeypatch.setattr(room.Path, "rename", refuse)
        with pytest.raises(InputError, match=r"small: cannot be written .the disk is tired"):
            write_dataset(out, parts(), RECORD, force=True)
        assert data.fingerprint(out) == before
        assert [path.name for path in tmp_path.iterdir()] == ["small"]

    def test_appeared_meanwhile(self, tmp_path):
        def make(scratch):
            write_dataset(tmp_path / "small", parts(), replace(RECORD, about="faster"))
            return parts()

        with pytest.raises(InputError, match="small is there"):
            write_dataset(tmp_path / "small", make, RECORD)
        assert read_record(tmp_path / "small").about == "faster"
        assert [path.name for path in tmp_path.iterdir()] == ["small"]


class TestInterrupted:
    @pytest.mark.parametrize("error", [InputError("bad line"), KeyboardInterrupt(), MemoryError()])
    def test_by_an_exception(self, tmp_path, error):
        def make(scratch):
            (scratch / "half").touch()
            raise error

        with pytest.raises(type(error)):
            write_dataset(tmp_path / "small", make, RECORD)
        assert list(tmp_path.iterdir()) == []

    def test_while_writing(self, tmp_path):
        table = pd.DataFrame({"item": [object()]})  # parquet cannot hold it
        with pytest.raises(Exception, match="object"):
            write_dataset(tmp_path / "small", parts(tables={"items": table}), RECORD)
        assert list(tmp_path.iterdir()) == []

    @pytest.fixture
    def killed(self, tmp_path):
        """A process that was killed in the middle of writing ``small``."""
        code = f"""
            import time
            from pathlib import Path
            from mmnotes.data.preparing.workshop import workshop
            with workshop(Path({str(tmp_path / "small")!r})) as shop:
                (shop / "new").mkdir()
                (shop / "new" / "items.parquet").touch()
                print("ready", flush=True)
                time.sleep(60)
        """
        command = [sys.executable, "-c", textwrap.dedent(code)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            yield process
            if process.poll() is None:
                process.kill()

    def leftovers(self, tmp_path):
        return [path for path in tmp_path.iterdir() if path.name.startswith(".small.preparing-")]

    def test_by_sigkill(self, tmp_path, killed):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(self.leftovers(tmp_path)) == 1
        assert not (tmp_path / "small").exists()
        write_dataset(tmp_path / "small", parts(), RECORD)
        assert self.leftovers(tmp_path) == []
        assert len(data.load(tmp_path / "small")) == 2

    def test_a_process_at_work_is_left_alone(self, tmp_path, killed):
        write_dataset(tmp_path / "small", parts(), RECORD)
        (shop,) = self.leftovers(tmp_path)
        assert (shop / "new" / "items.parquet").exists()

    def test_between_the_two_renames(self, tmp_path):
        """The old dataset has left its place, and the new one has not come."""
        shop = tmp_path / ".small.preparing-x"
        write_dataset(shop / "old", parts(), RECORD)
        (shop / "lock").touch()
        with room.workshop(tmp_path / "small"):
            assert data.load(tmp_path / "small").name == "small"
            assert not shop.exists()

    def test_a_name_is_no_pattern(self, tmp_path):
        shop = tmp_path / ".small.preparing-x"
        shop.mkdir()
        with room.workshop(tmp_path / "s*"):
            assert shop.exists()


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="small: cannot be written"):
        write_dataset(tmp_path / "file" / "small", parts(), RECORD)


def test_a_record_alone_makes_no_dataset(tmp_path):
    write_record(tmp_path, replace(RECORD, files=()))
    assert (tmp_path / FILE).exists()
    with pytest.raises(InputError, match=r"items\.parquet: "):
        data.load(tmp_path)

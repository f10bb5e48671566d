import threading

import pytest

from mmnotes.data.writing import replaced


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    file = tmp_path / "graph.npz"
    with replaced(file) as part:
        part.write_text("whole")
        assert part.parent == tmp_path  # a rename across disks would not be one step
        assert not file.exists()
    assert file.read_text() == "whole"
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_after_an_error_the_old_file_stays_and_nothing_else(tmp_path):
    file = tmp_path / "graph.npz"
    file.write_text("old")

    def broken():
        with replaced(file) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_two_writers_do_not_mix(tmp_path):
    file = tmp_path / "graph.npz"

    def write(letter):
        for _ in range(50):
            with replaced(file) as part:
                part.write_text(letter * 10_000)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if file.exists():
            text = file.read_text()
            assert text in ("a" * 10_000, "b" * 10_000)
    assert list(tmp_path.iterdir()) == [file]

from mmnotes.data import archive


def test_each_process_opens_its_own_zip(tmp_path, pictures, monkeypatch):
    path = pictures.zipped(tmp_path / "a.zip", {"a.jpg": pictures.encode()})
    store = archive.Archive(path)
    mine = store.opened()
    assert store.opened() is mine
    monkeypatch.setattr(archive.os, "getpid", lambda: -1)
    assert store.opened() is not mine

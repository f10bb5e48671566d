import dataclasses
import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes import data
from mmnotes.data import registry
from mmnotes.data.sources import RawFile, Source, read_sources
from mmnotes.errors import InputError

NAME = "amazon-apparel"
SHA = "0" * 64


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("MMNOTES_DATA", raising=False)


class TestFolder:
    def test_is_the_one_given(self, shelf, monkeypatch, tmp_path):
        monkeypatch.setenv("MMNOTES_DATA", str(tmp_path))
        assert data.data_folder(shelf) == shelf

    def test_is_the_one_that_the_variable_names(self, shelf, monkeypatch):
        monkeypatch.setenv("MMNOTES_DATA", str(shelf))
        assert data.data_folder() == shelf
        monkeypatch.chdir(shelf.parent)
        monkeypatch.setenv("MMNOTES_DATA", shelf.name)
        assert data.data_folder() == shelf

    def test_is_that_of_the_checkout(self, tmp_path, monkeypatch):
        package = tmp_path / "src" / "mmnotes" / "data"
        package.mkdir(parents=True)
        (tmp_path / "pyproject.toml").touch()
        monkeypatch.setattr(registry, "__file__", str(package / "registry.py"))
        assert data.data_folder() == tmp_path / "data"

    def test_is_in_the_cache_of_the_user_where_there_is_no_checkout(self, tmp_path, monkeypatch):
        monkeypatch.setattr(registry, "__file__", str(tmp_path / "a" / "b" / "c" / "registry.py"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        assert data.data_folder() == tmp_path / "cache" / "mmnotes" / "data"
        assert not data.at_hand(NAME)

    @pytest.mark.parametrize("given", [True, False])
    def test_must_be_there_if_named(self, tmp_path, monkeypatch, given):
        gone = str(tmp_path / "gone")
        monkeypatch.setenv("MMNOTES_DATA", gone)
        who = "folder" if given else "MMNOTES_DATA"
        with pytest.raises(InputError, match=f"{who} is .*gone.* is no folder"):
            data.at_hand(NAME, gone if given else None)

    def test_raw_files_lie_apart(self, shelf):
        assert registry.raw_folder(NAME, shelf) == shelf / "raw" / NAME


class TestRegistry:
    """The file as it is."""

    def test_names_every_dataset_that_was_asked_for(self):
        categories = ("baby", "sports", "clothing", "beauty", "electronics", "grocery")
        small = ("gift-cards", "all-beauty")
        official = {f"amazon-2014-{name}" for name in categories}
        official |= {f"amazon-2018-{name}" for name in small}
        official |= {f"amazon-2023-{name}" for name in categories + small}
        copies = {"amazon-baby", "amazon-sports", "amazon-grocery", "coat", "open-bandit"}
        captions = {"flickr8k-captions", "flickr30k-captions"}
        assert set(registry.sources()) == {NAME} | official | copies | captions

    @pytest.mark.parametrize("known", registry.sources().values(), ids=lambda known: known.name)
    def test_each_says_what_it_is_and_where_to_get_it(self, known):
        assert known.n_rows > 0
        assert known.about
        assert known.licence
        assert known.citation
        assert known.counted
        assert known.raw or known.doubt
        assert bool(known.raw) == bool(known.format)
        for file in known.raw:
            assert file.urls
            assert all(url.endswith(f"/{file.path}") for url in file.urls)

    @pytest.mark.parametrize("name", [name for name in registry.sources() if "-20" in name])
    def test_official_files_have_the_roles_that_the_readers_know(self, name):
        known = registry.source(name)
        roles = ["reviews", "meta", "images"]
        assert [file.role for file in known.raw] == roles[: 3 if "-2014-" in name else 2]
        assert name.startswith(known.format)

    def test_public_copies_are_at_fixed_commits_with_their_checksums(self):
        copies = [
            file
            for known in registry.sources().values()
            for file in known.raw
            if "raw.githubusercontent.com" in file.urls[0]
        ]
        assert len(copies) == 32
        for file in copies:
            commit = rf"https://raw\.githubusercontent\.com/{file.origin}/[0-9a-f]{{40}}/"
            assert re.match(commit, file.urls[0])
            assert file.bytes
            assert file.sha256
            assert file.role == file.path

    @pytest.mark.real
    def test_agrees_with_the_list_of_origins_at_hand(self, monkeypatch):
        monkeypatch.undo()
        list_ = Path(data.data_folder()) / "origins.toml"
        if not list_.is_file():
            pytest.skip("origins.toml is not at hand: set MMNOTES_DATA")
        listed = {
            (entry["repository"], entry["path"]): (
                entry["bytes"],
                entry["sha256"],
                f"https://raw.githubusercontent.com/{entry['repository']}/{entry['commit']}/"
                f"{entry['path']}",
            )
            for entry in tomllib.loads(list_.read_text())["file"]
        }
        known = {
            (file.origin, file.path): (file.bytes, file.sha256, file.urls[0])
            for known in registry.sources().values()
            for file in known.raw
            if file.sha256
        }
        assert known == listed

    def test_unknown_name_with_a_hint(self):
        with pytest.raises(InputError, match="did you mean 'amazon-apparel'"):
            registry.source("amazon-aparel")
        with pytest.raises(InputError, match="choose one of"):
            registry.source("movielens")

    def test_listing(self, shelf, tmp_path):
        lines = {line.name: line for line in data.listing(shelf)}
        assert list(lines) == list(registry.sources())
        assert (lines[NAME].at_hand, lines[NAME].n_rows) == (True, 16_042)
        assert lines[NAME].path == shelf / NAME
        assert not lines[NAME].fetchable
        assert lines["coat"].fetchable
        for line in lines.values():
            assert line.at_hand == (line.name == NAME)
            assert line.n_rows > 0
            assert all(dataclasses.asdict(line)[key] for key in ("about", "licence", "citation"))
        assert not any(line.at_hand for line in data.listing(tmp_path))

    def test_is_read_from_the_package_where_there_is_no_checkout(self, tmp_path, monkeypatch):
        installed = tmp_path / "installed.toml"
        monkeypatch.setattr(registry, "_FILES", (tmp_path / "none.toml", installed))
        find = registry.sources.__wrapped__
        with pytest.raises(InputError, match=r"none\.toml and .*installed\.toml: install mmnotes"):
            find()
        installed.write_text(ENTRY)
        assert list(find()) == ["toys"]


ENTRY = """
[origins.shop]
bases = ["https://one.example/data", "http://two.example"]
licence = "free"
citation = "someone (2020)"

[[dataset]]
name = "toys"
about = "toys"
origin = "shop"
n_rows = 7
counted = "by hand"
options = { k_core = 5 }
raw = [{ role = "reviews", path = "a/b.json.gz", bytes = 9 }]
"""


class TestReading:
    """What a registry file may say."""

    def read(self, tmp_path, text):
        file = tmp_path / "registry.toml"
        file.write_text(text)
        return read_sources(file)

    def test_an_entry(self, tmp_path):
        assert self.read(tmp_path, ENTRY) == {
            "toys": Source(
                name="toys",
                about="toys",
                n_rows=7,
                counted="by hand",
                licence="free",
                citation="someone (2020)",
                options={"k_core": 5},
                raw=(
                    RawFile(
                        role="reviews",
                        path="a/b.json.gz",
                        urls=(
                            "https://one.example/data/a/b.json.gz",
                            "http://two.example/a/b.json.gz",
                        ),
                        origin="shop",
                        bytes=9,
                    ),
                ),
            )
        }

    def test_an_entry_may_differ_from_its_origin(self, tmp_path):
        text = ENTRY.replace('about = "toys"', 'about = "toys"\nlicence = "none"')
        assert self.read(tmp_path, text)["toys"].licence == "none"

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('about = "toys"', "", "dataset toys: field 'about' is missing"),
            ('about = "toys"', 'about = ""', "dataset toys: field 'about' is missing"),
            ('about = "toys"', "about = 3", "dataset toys: field 'about' cannot be 3"),
            ("n_rows = 7", "n_rows = true", "field 'n_rows' cannot be True"),
            ('about = "toys"', 'abuot = "toys"', "field 'abuot' is unknown; known are name, "),
            ('name = "toys"', "", "dataset number 1: field 'name' is missing"),
            ('name = "toys"', 'name = "../toys"', "field 'name' must be like 'amazon-baby'"),
            ('origin = "shop"', 'origin = "shp"', "origin 'shp' is not among shop"),
            ('origin = "shop"', "", "raw file 1: origin None is not among shop"),
            ("bases = [", "bases = [] #", "origin 'shop' needs 'bases'"),
            ("https://one", "ftp://one", "origin 'shop' needs 'bases'"),
            ("two.example", "two.example/", "without a slash at the end"),
            ('path = "a/b.json.gz", ', "", "raw file 1: write it as a table with a 'path'"),
            ('"a/b.json.gz"', '"../b.json.gz"', "field 'path' is '../b.json.gz'"),
            ('"a/b.json.gz"', '"/b.json.gz"', "give it relative"),
            ('"a/b.json.gz"', '"a//b"', "field 'path' is 'a//b'"),
            ('"a/b.json.gz"', '"."', "field 'path' is '.'"),
            ("bytes = 9", "bytes = 0", "field 'bytes' must be positive"),
            ("bytes = 9", 'sha256 = "abc"', "field 'sha256' must be 64 hexadecimal digits"),
            ("bytes = 9", 'urls = ["x"]', "field 'urls' follows from the origin"),
            ("bytes = 9 }]", 'bytes = 9 }, { role = "x", path = "a/b.json.gz" }]', "the same path"),
            ("bytes = 9 }]", 'bytes = 9 }, { role = "reviews", path = "c" }]', "the same role"),
        ],
    )
    def test_a_wrong_entry_is_named(self, tmp_path, old, new, message):
        assert old in ENTRY
        with pytest.raises(InputError, match=re.escape(message)):
            self.read(tmp_path, ENTRY.replace(old, new))

    def test_two_entries_of_one_name(self, tmp_path):
        again = ENTRY[ENTRY.index("[[dataset]]") :]
        with pytest.raises(InputError, match="dataset toys: field 'name' is there twice"):
            self.read(tmp_path, ENTRY + again)

    def test_no_file_or_no_toml(self, tmp_path):
        with pytest.raises(InputError, match=r"none\.toml: there is no registry"):
            read_sources(tmp_path / "none.toml")
        with pytest.raises(InputError, match=r"registry\.toml: "):
            self.read(tmp_path, "[[dataset")

    @given(path=st.text(st.sampled_from("a./\\"), max_size=12))
    @settings(max_examples=100, deadline=None)
    def test_no_path_leads_out_of_the_folder(self, tmp_path_factory, path):
        file = tmp_path_factory.getbasetemp() / "registry.toml"
        file.write_text(ENTRY.replace('"a/b.json.gz"', f"'{path}'"))
        try:
            known = read_sources(file)["toys"]
        except InputError:
            return
        folder = Path("/data/raw/toys")
        target = Path(os.path.normpath(folder / known.raw[0].path))
        assert folder in target.parents

import subprocess
from types import SimpleNamespace

import pytest

from mmnotes.report import hardware, provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git checkout with one commit, that the package is said to lie in."""

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True)

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("1\n", encoding="utf-8")
    git("init", "-q")
    git("add", "src")
    git("commit", "-q", "-m", "a")
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    return tmp_path


def test_the_commit_of_a_checkout(checkout):
    assert len(provenance.commit()) == 12


def test_a_changed_checkout_says_so(checkout):
    (checkout / "src" / "a.py").write_text("2\n", encoding="utf-8")
    assert provenance.commit().endswith("+")


def test_other_files_do_not_change_the_code(checkout):
    (checkout / "notes.txt").write_text("2\n", encoding="utf-8")
    assert not provenance.commit().endswith("+")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (
            '{"url": "x", "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}}',
            "0123456789ab",
        ),
        ('{"url": "file:///x", "dir_info": {}}', "unknown"),
        (None, "unknown"),
    ],
)
def test_the_commit_of_an_installed_package(tmp_path, monkeypatch, origin, expected):
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    installed = SimpleNamespace(read_text=lambda name: origin)
    monkeypatch.setattr(provenance.metadata, "distribution", lambda name: installed)
    assert provenance.commit() == expected


def test_without_git_the_commit_is_unknown(checkout, monkeypatch):
    def absent(*args, **kwargs):
        raise FileNotFoundError("git")

    def not_installed(name):
        raise provenance.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(provenance.subprocess, "run", absent)
    monkeypatch.setattr(provenance.metadata, "distribution", not_installed)
    assert provenance.commit() == "unknown"


def test_the_hardware_in_one_line(monkeypatch):
    monkeypatch.setattr(hardware, "cpu_name", lambda: "Intel Xeon")
    monkeypatch.setattr(hardware, "n_cores", lambda: 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert hardware.sentence("cpu") == "1 thread on 2 cores of Intel Xeon, no GPU"
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert hardware.sentence("cpu").startswith("2 threads")
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert hardware.n_threads() == 2


def test_the_processor_and_its_cores_are_known():
    assert hardware.cpu_name()
    assert hardware.n_cores() >= 1


def fake_torch(cuda: bool, mps: bool) -> SimpleNamespace:
    """As much of torch as tells which devices there are."""
    return SimpleNamespace(
        cuda=SimpleNamespace(
            is_available=lambda: cuda, get_device_name=lambda device: f"GPU {device}"
        ),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


@pytest.mark.parametrize(
    ("torch", "device", "expected"),
    [
        (None, "auto", "CPU"),
        (fake_torch(True, False), "cpu", "CPU"),
        (fake_torch(True, False), "auto", "GPU None"),
        (fake_torch(True, False), "cuda:1", "GPU cuda:1"),
        (fake_torch(False, False), "auto", "CPU"),
        (fake_torch(False, True), "auto", "the GPU of an Apple chip"),
    ],
)
def test_the_device_that_was_used(monkeypatch, torch, device, expected):
    monkeypatch.setitem(hardware.sys.modules, "torch", torch)
    assert hardware.device_name(device) == expected

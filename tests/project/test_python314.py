"""tools/python314.py: how a CPython is unpacked, and where it cannot be had."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import python314


def test_unpack(tmp_path: Path) -> None:
    """Large files are gunzipped, links are links, and modes are those of the list."""
    data = tmp_path / "data"
    (data / "bin").mkdir(parents=True)
    (data / "bin" / "python3.14.gz").write_bytes(gzip.compress(b"ELF"))
    (data / "notes.gz").write_bytes(b"packed already")
    files = [
        {"name": "bin/python3", "size": 10, "perm": 0o1000000000, "symlink": "python3.14"},
        {"name": "bin", "size": 0, "perm": 0o20000000755},
        {"name": "bin/python3.14", "size": 3, "perm": 0o755},
        {"name": "notes.gz", "size": 14, "perm": 0o640},
    ]
    (data / "files.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    python314.unpack(data, tmp_path / "made")
    made = tmp_path / "made" / "bin" / "python3.14"
    assert made.read_bytes() == b"ELF"
    assert made.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "made" / "bin" / "python3").resolve() == made
    assert (tmp_path / "made" / "notes.gz").read_bytes() == b"packed already"


def test_without_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a Go toolchain nothing is downloaded, and the reason is given."""
    monkeypatch.setattr(python314, "PYTHONS", tmp_path / "none")
    monkeypatch.setattr(python314, "go", lambda: None)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("sys.platform", "linux")
    assert python314.main() == python314.NOT_HERE
    assert "no Go toolchain" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()

import os
import socket
from pathlib import Path

import pytest

from src.supervision.notify import Notifier


def test_systemd_hears_ready_alive_and_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notifier = Notifier.from_environment()
        notifier.ready("all is well")
        notifier.alive("still")
        notifier.stopping()
        heard = [server.recv(200).decode() for _ in range(3)]
    assert heard == ["READY=1\nSTATUS=all is well", "WATCHDOG=1\nSTATUS=still", "STOPPING=1"]


def test_children_do_not_inherit_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    Notifier.from_environment()
    assert "NOTIFY_SOCKET" not in os.environ


def test_without_systemd_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    opened: list[object] = []
    monkeypatch.setattr(socket, "socket", lambda *_: opened.append("a socket"))
    Notifier.from_environment().alive("nobody listens")
    assert not opened

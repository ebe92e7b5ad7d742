"""The embedded broker: nobody ever reads a file that is half written."""

from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from config import folder_broker
from config.folder_broker import register


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Any]:
    folder, control = str(tmp_path), str(tmp_path / "control")
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": control}
    with Connection(register(), transport_options=options) as connection:
        yield connection.channel()


def test_a_message_comes_once_and_whole(channel: Any) -> None:
    channel._put("mail", {"body": "Привет"})
    assert channel._get("mail") == {"body": "Привет"}
    with pytest.raises(Empty):
        channel._get("mail")


def test_a_message_is_not_there_before_it_is_whole(channel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write, found = Path.write_text, []

    def write_watched(path: Path, *args: Any, **options: Any) -> int:
        path.touch()
        with pytest.raises(Empty):
            channel._get("mail")
        found.append(path)
        return write(path, *args, **options)

    monkeypatch.setattr(Path, "write_text", write_watched)
    channel._put("mail", {"body": "x"})
    assert len(found) == 1
    assert channel._get("mail") == {"body": "x"}


def test_a_table_is_not_there_before_it_can_be_read(channel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    link, seen = folder_broker.os.link, []

    def link_watched(source: Path, target: Path) -> None:
        seen.append(channel.get_table("mail"))
        link(source, target)

    monkeypatch.setattr(folder_broker.os, "link", link_watched)
    channel._queue_bind("mail", "mail", "", "mail")
    assert seen == [[]]
    assert [row.queue for row in channel.get_table("mail")] == ["mail"]


def test_a_table_that_another_process_makes_meanwhile_stays(channel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    link = folder_broker.os.link

    def link_late(source: Path, target: Path) -> None:
        monkeypatch.setattr(folder_broker.os, "link", link)
        channel._queue_bind("mail", "first", "", "first")
        link(source, target)

    monkeypatch.setattr(folder_broker.os, "link", link_late)
    channel._queue_bind("mail", "second", "", "second")
    assert {row.queue for row in channel.get_table("mail")} == {"first", "second"}
    assert [path.name for path in channel.control_folder.iterdir()] == ["mail.exchange"]


def test_a_folder_that_cannot_be_written_is_told(channel: Any, tmp_path: Path) -> None:
    tmp_path.joinpath("gone").write_text("")
    channel.data_folder_out = str(tmp_path / "gone")
    with pytest.raises(folder_broker.ChannelError, match="Cannot add"):
        channel._put("mail", {})

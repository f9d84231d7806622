from __future__ import annotations

import os

import pytest

from hingecue import config
from hingecue.errors import StoreFault
from hingecue.store.database import open_reader, open_writer


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A machine where the service is installed, and a user who has a home."""
    monkeypatch.delenv("HINGECUE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(config, "SERVICE_HOME", tmp_path / "service")
    config.SERVICE_HOME.mkdir()
    return config.SERVICE_HOME


def test_who_may_write_the_services_sessions_is_shown_them(service) -> None:
    assert config.home() == service


def test_everybody_else_has_a_folder_of_their_own(service, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(config.os, "access", lambda path, mode: False)
    assert config.home() == tmp_path / "user" / "hingecue"


def test_a_named_folder_goes_first(service, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HINGECUE_HOME", str(tmp_path / "named"))
    assert config.home() == tmp_path / "named"


def test_an_empty_store_says_where_the_services_sessions_are(service, tmp_path) -> None:
    with pytest.raises(StoreFault, match="put sudo before the command"):
        open_reader(tmp_path / "user" / "sessions.db")
    with pytest.raises(StoreFault, match="set HINGECUE_HOME"):
        open_reader(service / "sessions.db")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_what_root_begins_is_the_services(service) -> None:
    os.chown(service, 1234, 1235)
    open_writer(service / "sessions.db")[0].close()
    found = (service / "sessions.db").stat()
    assert (found.st_uid, found.st_gid) == (1234, 1235)

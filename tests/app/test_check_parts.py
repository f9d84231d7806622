"""Parts of the doctor, each as its child calls it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hingecue.app.doctor import camera, libraries, models, origin, runtime, store
from hingecue.app.doctor.finding import Finding, of_fault
from hingecue.config import Settings
from hingecue.errors import DeviceFault, ModelFault
from hingecue.store.session import SessionStore

LOST = DeviceFault("sensor_lost", where="pelvis", what="it does not answer", try_this="check its plug", blinks=3)


@pytest.fixture
def settings(tmp_path):
    return Settings(database=tmp_path / "home" / "sessions.db")


def test_a_line_says_what_version_where_and_what_to_do() -> None:
    found = Finding("pins", "fault", "taken", "stop it", version="lgpio 0.2.2.0", where="/dev/gpiochip0")
    assert found.line == "✗ pins        taken · lgpio 0.2.2.0 · /dev/gpiochip0; stop it"
    assert Finding("clock", "ok", "set").line == "✓ clock       set"


def test_a_fault_is_absent_only_where_its_code_says_so() -> None:
    assert of_fault("sensor", LOST) == Finding("sensor", "fault", "pelvis: it does not answer", "check its plug")
    assert of_fault("sensor", LOST, {"sensor_lost"}).state == "absent"
    model = ModelFault("sensor_lost", where="x", what="y", try_this="z")
    assert of_fault("models", model, {"sensor_lost"}).state == "fault"


def test_libraries_say_where_numpy_comes_from(settings, monkeypatch) -> None:
    (found,) = libraries.look(settings, served=False)
    assert found.state == "ok"
    assert "of pip" in found.what
    assert Path(found.where).name == "numpy"
    monkeypatch.setattr(origin, "SYSTEMS", Path(found.where).parent)
    (found,) = libraries.look(settings, served=False)
    assert "of the system" in found.what


def test_what_is_not_installed_has_no_folder_and_no_version() -> None:
    assert origin.folder_of("hingecue_no_such_module") is None
    assert origin.version_of("hingecue-no-such-module", "numpy") is not None
    assert origin.version_of("hingecue-no-such-module") is None
    assert not origin.of_system(None)
    assert origin.folder_of("smbus2.smbus2").endswith("smbus2.py")


def test_the_runtime_has_run_a_model(settings) -> None:
    (found,) = runtime.look(settings, served=False)
    assert found.state == "ok"
    assert "litert" in found.what
    assert "has run" in found.what


def test_the_runtime_is_there_without_models_too(settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HINGECUE_MODELS", str(tmp_path))
    (found,) = runtime.look(settings, served=False)
    assert (found.state, found.what.endswith("not tried on a model")) == ("ok", True)


def test_a_machine_without_a_runtime_is_at_fault(settings, monkeypatch) -> None:
    def none():
        raise ModelFault("no_runtime", where="ai-edge-litert", what="none is installed", try_this="install it")

    monkeypatch.setattr(runtime, "runtime", none)
    (found,) = runtime.look(settings, served=False)
    assert (found.state, found.try_this) == ("fault", "install it")


def test_a_runtime_that_refuses_a_model_is_at_fault(settings, monkeypatch) -> None:
    def refuse(name):
        raise ModelFault("model_refused", where=name, what="it cannot be loaded", try_this="install another")

    monkeypatch.setattr(runtime, "Network", refuse)
    (found,) = runtime.look(settings, served=False)
    assert (found.part, found.state) == ("runtime", "fault")


def test_a_missing_model_is_named(settings, tmp_path, monkeypatch) -> None:
    folder = models.models_folder()
    (found,) = models.look(settings, served=False)
    assert (found.state, found.where) == ("ok", str(folder))
    (tmp_path / "manifest.toml").write_bytes((folder / "manifest.toml").read_bytes())
    monkeypatch.setenv("HINGECUE_MODELS", str(tmp_path))
    (found,) = models.look(settings, served=False)
    assert found.state == "fault"
    assert "missing" in found.what


def test_a_film_stands_in_for_a_camera(tmp_path, black, settings) -> None:
    (found,) = camera.look(Settings(database=settings.database, camera=str(black)), served=False)
    assert (found.state, found.what) == ("ok", f"{black} gives 160×120")


def test_a_camera_that_is_none_is_at_fault(tmp_path, settings) -> None:
    text = tmp_path / "text"
    text.write_text("no camera", "utf-8")
    (found,) = camera.look(Settings(database=settings.database, camera=str(text)), served=False)
    assert found.state == "fault"
    assert found.try_this


@pytest.mark.parametrize(("served", "state"), [(True, "ok"), (False, "fault")])
def test_a_camera_that_is_named_and_that_the_service_has_is_well(settings, monkeypatch, served, state) -> None:
    def busy(settings, tell):
        raise DeviceFault("camera_busy", where=settings.camera, what="it cannot be opened", try_this="close", blinks=2)

    monkeypatch.setattr(camera, "open_camera", busy)
    (found,) = camera.look(replace(settings, camera="/dev/video0"), served=served)
    assert found.state == state
    assert served == (found.what == "the running service has it")


def test_a_camera_that_gives_nothing_is_at_fault(settings, monkeypatch) -> None:
    from contextlib import nullcontext
    from types import SimpleNamespace

    class Empty:
        info = SimpleNamespace(name="film.mp4")

        def __iter__(self):
            return iter(())

    monkeypatch.setattr(camera, "open_camera", lambda *_: nullcontext(Empty()))
    (found,) = camera.look(settings, served=False)
    assert (found.state, found.what) == ("fault", "film.mp4 ends before its first picture")


def test_the_store_is_opened_for_writing(settings) -> None:
    (found,) = store.look(settings, served=False)
    assert (found.state, found.what) == ("ok", f"{settings.database} can be written")
    assert settings.database.exists()


def test_the_newest_kept_fault_is_told(settings) -> None:
    with SessionStore(settings.database) as sessions:
        sessions.add_fault(LOST, None)
        sessions.add_fault(LOST, None)
        sessions.add_fault(DeviceFault("x", where="here", what="it is", try_this="mend it", blinks=1), None)
    _, history = store.look(settings, served=False)
    assert (history.part, history.state) == ("history", "ok")
    assert "1 others" in history.what
    assert any(word in history.what for word in ("2 × pelvis", "1 × here"))


def test_a_store_that_cannot_be_made_is_at_fault(tmp_path) -> None:
    (tmp_path / "file").touch()
    (found,) = store.look(Settings(database=tmp_path / "file" / "sessions.db"), served=False)
    assert (found.part, found.state) == ("store", "fault")


def test_the_child_finds_its_part_by_name(settings) -> None:
    import json
    from dataclasses import asdict

    from hingecue.app.doctor.child import main

    question = json.dumps({"settings": asdict(settings), "served": False}, default=str)
    (found,) = json.loads(main("store", question))
    assert found["part"] == "store"
    assert "hingecue.app.doctor.store" in sys.modules

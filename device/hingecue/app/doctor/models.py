"""Whether the models are there, and are the ones that the manifest names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hingecue.app.doctor.finding import OK, Finding, of_fault
from hingecue.errors import ModelFault
from hingecue.pose.manifest import checked_model, models_folder, read_manifest

if TYPE_CHECKING:
    from hingecue.config import Settings


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Compare every file with its sha256."""
    del settings, served
    folder = models_folder()
    try:
        manifest = read_manifest(folder)
        for spec in manifest.values():
            checked_model(spec, folder)
    except ModelFault as fault:
        return [of_fault("models", fault)]
    return [Finding("models", OK, f"{len(manifest)} models as the manifest names them", where=str(folder))]

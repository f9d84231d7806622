"""Whether the models' runtime runs: an instruction that the processor lacks ends it at the first model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hingecue.app.doctor.finding import OK, Finding, of_fault
from hingecue.app.doctor.origin import folder_of
from hingecue.errors import ModelFault
from hingecue.pose.manifest import read_manifest
from hingecue.pose.runtime import Network, runtime

if TYPE_CHECKING:
    from hingecue.config import Settings


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Run the smallest model once. What is wrong with the files of the models is told by `models`."""
    del settings, served
    try:
        name = str(runtime())
    except ModelFault as fault:
        return [of_fault("runtime", fault)]
    where = folder_of(runtime().name.replace("-", "_"))
    try:
        smallest = min(read_manifest().values(), key=lambda spec: spec.bytes).name
        Network(smallest).run()
    except ModelFault as fault:
        if fault.code == "model_refused":
            return [of_fault("runtime", fault)]
        return [Finding("runtime", OK, f"{name}, not tried on a model", where=where)]
    return [Finding("runtime", OK, f"{name} has run {smallest}", where=where)]

"""Where an installed library comes from: the system's packages (apt), or pip."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

SYSTEMS: Final = Path("/usr/lib/python3/dist-packages")
"""Where Debian's packages put Python modules; pip never writes there."""


def folder_of(module: str) -> str | None:
    """Give the folder of a module without loading it; None where it is not installed."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin)
    return str(path.parent if path.name == "__init__.py" else path)


def of_system(folder: str | None) -> bool:
    """Tell whether a module in this folder is one of the system's packages."""
    return folder is not None and SYSTEMS in (Path(folder), *Path(folder).parents)


def version_of(*distributions: str) -> str | None:
    """Give the version of the first of these that is installed; None where none is."""
    for name in distributions:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None

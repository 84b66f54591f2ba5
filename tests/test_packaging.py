"""The package as its users install it."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import pkgutil
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import custval

CHECKOUT = Path(__file__).resolve().parents[1]
HEAVY = {"jieba", "lifetimes", "matplotlib", "pandas", "polars", "pyarrow", "rapidfuzz", "sklearn"}


def _loaded_by(statement):
    program = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy():
    assert _loaded_by("import custval") & HEAVY == set()


def test_the_check_of_heavy_modules_sees_them():
    assert "pandas" in _loaded_by("import custval, pandas")


def test_listing_the_names_loads_nothing_heavy():
    assert _loaded_by("import custval; dir(custval); from custval.errors import ColumnError") & HEAVY == set()


def test_types_are_declared():
    assert importlib.resources.files("custval").joinpath("py.typed").is_file()


def test_version_is_that_of_the_installed_package():
    assert custval.__version__ == importlib.metadata.version("custval")


def test_the_changelog_knows_this_version():
    assert f"## [{custval.__version__}]" in (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")


PUBLIC_MODULES = [module.name for module in pkgutil.iter_modules(custval.__path__) if not module.name.startswith("_")]


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_every_public_module_has_a_reference_page(name):
    if name in {"tables", "summary"}:
        # the front door shows their names
        assert set(importlib.import_module(f"custval.{name}").__all__) <= set(custval.__all__)
        return
    index = (CHECKOUT / "docs" / "reference" / "index.rst").read_text(encoding="utf-8")
    module = importlib.import_module(f"custval.{name}")
    inner = [public for public in module.__all__ if isinstance(getattr(module, public), types.ModuleType)]
    for page in [f"custval.{name}", *(f"custval.{name}.{public}" for public in inner)]:
        assert re.search(rf"^\s+{re.escape(page)}$", index, flags=re.MULTILINE), f"{page} is not in {index!r}"


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_every_public_module_lists_its_names(name):
    module = importlib.import_module(f"custval.{name}")
    missing = [public for public in module.__all__ if not hasattr(module, public)]
    assert missing == []

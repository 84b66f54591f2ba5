"""How Sphinx builds these pages; the build reads nothing from the network."""

from __future__ import annotations

import re

import custval

project = "custval"
author = "The custval developers"
copyright = f"2026, {author}"
version = release = custval.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints"]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
# the notebooks are committed with their output, and the tests run them
nb_execution_mode = "off"

autosummary_generate = True
# a module's page shows what its __all__ lists, wherever it is written
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "custval"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_theme_options = {
    "footer_start": ["copyright"],
    "footer_end": [],
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_toc_level": 2,
}

_ROUTING = re.compile(r"set_\w+_request|get_metadata_routing|set_output")


def skip_metadata_routing(app, what, name, obj, skip, options):  # noqa: ANN001, ANN201, ARG001, PLR0917
    """Leave out what scikit-learn adds to every estimator; its text refers to scikit-learn's own pages."""
    return True if _ROUTING.fullmatch(name) else None


def setup(app):  # noqa: ANN001, ANN201
    app.connect("autodoc-skip-member", skip_metadata_routing)

"""`python -m benchmarks NAME …`: run the named comparisons; without a name, list them."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

_MACHINERY = {"__init__", "__main__", "customers", "harness", "study_cases", "study_checks"}


def entries() -> list[str]:
    """The modules of this folder that hold a comparison."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _MACHINERY)


def main() -> None:
    """Read the command line and run what it names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Times and memory beside a peer's.")
    known = ", ".join(entries())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to compare: {known}")
    parser.add_argument("--size", type=int, help="rows or customers of the input; default: the entry's own")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of each comparison; default: 5")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.names) - set(entries())):
        parser.error(f"no such comparison: {', '.join(unknown)}; there are: {known}")
    if not arguments.names:
        parser.print_help()
    for name in arguments.names:
        module = importlib.import_module(f"benchmarks.{name}")
        module.run(size=arguments.size or module.SIZE, repeat=arguments.repeat)


if __name__ == "__main__":
    main()

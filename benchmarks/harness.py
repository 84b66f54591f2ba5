"""Run a piece of work and its peer in turn, and say how their times and their memory compare.

Every measurement has a fresh process of its own, so neither profits from what the other has loaded, cached or left
behind. The two take turns (A B A B …), so a machine that slows down slows both, and the ratio is taken within a
round. Seconds differ from machine to machine; ratios travel.
"""

from __future__ import annotations

import contextlib
import gc
import math
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = [
    "Comparison",
    "Measurement",
    "compare",
    "in_fresh_process",
    "input_bytes",
    "measure",
    "peak",
    "start_of_peak",
]

_MEGABYTE = 1e6
_KIBIBYTE = 1024
_WARM_UP = 1_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of one piece of work.

    Seconds, and those in which a processor worked on it; bytes above the start, in all, and of the input; the answer.
    """

    seconds: float
    busy: float
    peak: int
    highest: int
    size: int
    answer: float | None


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Any], Any]
    setup: Callable[[int], Any]
    answer: Callable[[Any], float] | None
    size: int
    warm_up: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rounds of a comparison; `ours[i]` and `peer[i]` belong to the same round."""

    name: str
    peer_name: str
    ours: tuple[Measurement, ...]
    peer: tuple[Measurement, ...]

    @property
    def busy_ratio(self) -> float:
        """The same of the processor's seconds, medians over the rounds: on a busy machine these scatter less."""
        return statistics.median(run.busy for run in self.peer) / statistics.median(run.busy for run in self.ours)

    @property
    def ratios(self) -> list[float]:
        """The peer's seconds over ours, by round: above 1, custval is faster."""
        return [theirs.seconds / own.seconds for own, theirs in zip(self.ours, self.peer, strict=True)]

    def __str__(self) -> str:
        ratios = self.ratios
        middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
        rows = [
            f"{self.name}: {len(self.ours)} rounds, input {self.ours[0].size / _MEGABYTE:,.1f} MB",
            f"  {'':<16}{'seconds (median, min to max)':>36}{'peak above the input':>32}{'in all':>12}",
            _row("custval", self.ours),
            _row(self.peer_name, self.peer),
            f"  custval is {middle:.2f} times as fast ({low:.2f} to {high:.2f}), {self.busy_ratio:.2f} by CPU time",
        ]
        return "\n".join([*rows, *self._answers()])

    def _answers(self) -> list[str]:
        own, theirs = self.ours[0].answer, self.peer[0].answer
        if own is None or theirs is None:
            return []
        apart = abs(own - theirs) / max(abs(own), abs(theirs), sys.float_info.min)
        return [f"  answers: {own:.10g} and {theirs:.10g}, relative difference {apart:.1e}"]


def compare(
    name: str,
    ours: Callable[[Any], Any],
    peer: Callable[[Any], Any],
    *,
    setup: Callable[[int], Any],
    size: int,
    repeat: int = 5,
    peer_name: str = "peer",
    peer_setup: Callable[[int], Any] | None = None,
    answer: Callable[[Any], float] | None = None,
    tolerance: float = 1e-6,
    warm_up: int = _WARM_UP,
) -> Comparison:
    """Measure two pieces of work in turn, print how they compare, and return the measurements.

    Parameters
    ----------
    name : str
        What is done.
    ours, peer : callable
        The work: takes what the setup made. Functions of a module (a child process imports them by name).
    setup : callable
        Makes the input from a size; neither timed nor counted as memory.
    size : int
        How many rows or customers, in the setup's own terms.
    repeat : int
        Rounds; each runs both once.
    peer_name : str
        What stands in the table.
    peer_setup : callable, optional
        The setup of the peer, if it wants its input in another form.
    answer : callable, optional
        Turns what either returns into one number; the two must agree, or the comparison means nothing.
    tolerance : float
        How far the answers may be apart, relative to the larger.
    warm_up : int
        Both do the work once at this size before they are measured, so that imports do not count; 0: they do not.

    Returns
    -------
    Comparison
        The measurements, round by round.

    Raises
    ------
    RuntimeError
        If a process fails, or the answers differ.
    """
    own_job = _Job(ours, setup, answer, size, warm_up)
    peer_job = _Job(peer, peer_setup or setup, answer, size, warm_up)
    own_runs, peer_runs = [], []
    for _ in range(repeat):
        own_runs.append(_in_fresh_process(own_job))
        peer_runs.append(_in_fresh_process(peer_job))
    result = Comparison(name, peer_name, tuple(own_runs), tuple(peer_runs))
    print(result, flush=True)
    own, theirs = own_runs[0].answer, peer_runs[0].answer
    if own is not None and theirs is not None and not math.isclose(own, theirs, rel_tol=tolerance):
        raise RuntimeError(f"{name}: the answers differ, {own!r} and {theirs!r}; their times cannot be compared")
    return result


def measure(
    work: Callable[[Any], Any], *, setup: Callable[[int], Any], size: int, warm_up: int = _WARM_UP
) -> Measurement:
    """One run of one piece of work in a process of its own; the parameters are those of `compare`."""
    return _in_fresh_process(_Job(work, setup, None, size, warm_up))


def in_fresh_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What a function of a module returns, called in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as process:
        return process.submit(work, *arguments).result()


def input_bytes(data: Any) -> int:
    """The bytes that an input holds: frames and arrays as they count themselves, containers by their parts."""
    if hasattr(data, "memory_usage"):
        return int(data.memory_usage(index=True, deep=True).sum())
    if hasattr(data, "estimated_size"):
        return int(data.estimated_size())
    if hasattr(data, "nbytes"):
        return int(data.nbytes)
    if isinstance(data, Mapping):
        return sum(input_bytes(part) for part in data.values())
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return sum(input_bytes(part) for part in data)
    return sys.getsizeof(data)


def _in_fresh_process(job: _Job) -> Measurement:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measure, args=(sender, job))
    child.start()
    sender.close()
    try:
        measured: Measurement = receiver.recv()
    except EOFError:
        raise RuntimeError(f"{job.work.__module__}.{job.work.__qualname__} failed; see its traceback") from None
    finally:
        receiver.close()
        child.join()
    return measured


def _measure(sender: Connection, job: _Job) -> None:
    if job.warm_up:
        job.work(job.setup(min(job.warm_up, job.size)))
    data = job.setup(job.size)
    held = input_bytes(data)
    gc.collect()
    before = start_of_peak()
    start, worked = time.perf_counter(), time.process_time()
    result = job.work(data)
    seconds, busy = time.perf_counter() - start, time.process_time() - worked
    highest = peak()
    above = max(highest - before, 0)
    answer = None if job.answer is None else float(job.answer(result))
    sender.send(Measurement(seconds, busy, above, highest, held, answer))
    sender.close()


def start_of_peak() -> int:
    """The bytes of resident memory from which a peak is measured that begins now."""
    # Linux can set the high-water mark back to what is held now; elsewhere the setup's own peak hides part of the work
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak()


def peak() -> int:
    """The highest resident memory of this process, in bytes, since `start_of_peak`."""
    # ru_maxrss would do, but Linux lets a child inherit it from the process that started it
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text(encoding="ascii").splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) * _KIBIBYTE
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage * _KIBIBYTE


def _row(label: str, runs: Sequence[Measurement]) -> str:
    seconds = [run.seconds for run in runs]
    spread = f"{statistics.median(seconds):.3g} ({min(seconds):.3g} to {max(seconds):.3g})"
    above, held = statistics.median(run.peak for run in runs), runs[0].size
    highest = statistics.median(run.highest for run in runs)
    times = f" = {above / held:.1f} × input" if held else ""
    return f"  {label:<16}{spread:>36}{f'{above / _MEGABYTE:,.0f} MB{times}':>32}{f'{highest / _MEGABYTE:,.0f} MB':>12}"

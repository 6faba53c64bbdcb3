"""Runs rows against targets: one row after the other on a target, the targets side by side."""

import subprocess
import threading
import time

from hil_tests.rows import targets
from hil_tests.rows.context import Context
from hil_tests.rows.foreign import DispatcherDied
from hil_tests.rows.row import FAILS, NOT_APPLICABLE, NOT_YET, PASSES, NotApplicable, Result, RowFailed, rows
from hil_tests.rows.targets import TargetDied

DAY_S = 86400
APDUS = 3000
MASTER_TRIES = 3  # of a row whose foreign master dies by itself


class Options:
    """How long the long rows are."""

    def __init__(self, day_s=DAY_S, apdus=APDUS):
        self.day_s = day_s
        self.apdus = apdus


def run_row(target, row, options):
    """The Result of one row on one target."""
    if row.not_yet:
        text = row.not_yet if target.is_ours else "it is not asked yet"
        return Result(row.number, target.name, NOT_YET, text)
    for need in row.needs:
        if need in target.lacks:
            return Result(row.number, target.name, NOT_APPLICABLE, target.lacks[need])
    began = time.monotonic()
    outcome, text = attempt(target, row, options)
    for _ in range(MASTER_TRIES - 1):
        if outcome is not None:
            break
        outcome, text = attempt(target, row, options)
    if outcome is None:
        outcome, text = NOT_APPLICABLE, "%s, %d times" % (text, MASTER_TRIES)
    if outcome == FAILS:
        text += _death(target)
    return Result(row.number, target.name, outcome, text, time.monotonic() - began)


def _death(target):
    """What is to be said when the station's process did not outlive the row."""
    try:
        status = target.process.wait(0.5) if target.process is not None else 0
    except subprocess.TimeoutExpired:
        return ""
    target.stop()
    return "; its process ended, %s" % (
        "killed by signal %d" % -status if status < 0 else "status %d" % status
    )


def attempt(target, row, options):
    """(outcome, text) of the row's test, whatever the row says about itself; outcome None when the foreign
    master died, which says nothing about the station.
    """
    context = None
    try:
        answer, seconds = target.fresh(row.station)
        if "error" in answer:
            return FAILS, "its parameters are refused: " + answer["error"]
        context = Context(target, seconds, answer)
        context.day_s, context.apdus = options.day_s, options.apdus
        target.test_of(row)(context)
        return PASSES, ""
    except DispatcherDied as death:
        return None, str(death)
    except NotApplicable as reason:
        return NOT_APPLICABLE, str(reason)
    except (RowFailed, TargetDied, AssertionError) as failure:
        death = context.death() if context is not None else ""
        return (None, death) if death else (FAILS, str(failure) or type(failure).__name__)
    except (OSError, ValueError, LookupError, StopIteration) as failure:
        return FAILS, "the test could not go on: %r" % failure
    finally:
        if context is not None:
            context.close()


def run(names, numbers, options, on_result):
    """Results of all rows on all targets, as {target: {number: Result}}; on_result(result) as they come."""
    chosen = [row for row in rows() if not numbers or row.number in numbers]
    results = {name: {} for name in names}
    threads = [
        threading.Thread(target=_run_target, args=(name, chosen, options, results[name], on_result))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _run_target(name, chosen, options, results, on_result):
    target = targets.make(name)
    try:
        for row in chosen:
            result = run_row(target, row, options)
            results[row.number] = result
            on_result(result)
    finally:
        target.stop()

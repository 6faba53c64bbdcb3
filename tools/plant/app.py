"""The plant as a process: start, say where everything is in one line, run until SIGTERM, Ctrl-C or the end of
`seconds`.

Exit codes: 0 stopped in order, 2 wrong configuration, 3 a port, path or directory cannot be used.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading

from tools.plant.config import PlantConfigError, load_config
from tools.plant.live import LivePlant, PlantStartError


def main(config_path, log_dir=None, control_port=0, seconds=None):
    """Run the plant of the configuration file in the foreground; exit code."""
    try:
        config = load_config(config_path)
    except PlantConfigError as error:
        print(f"plant: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_run(LivePlant(config, log_dir, control_port), seconds))
    except PlantStartError as error:
        print(f"plant: {error}", file=sys.stderr)
        return 3
    return 0


def _take_precedence():
    """Before programs that only compute, where the system lets us: the devices in here keep milliseconds."""
    with contextlib.suppress(OSError):
        os.nice(-5)


async def _run(live, seconds):
    stop = asyncio.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with live:
        if live.can is not None:
            _take_precedence()
        print(live.ready_line(), flush=True)
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            pass  # `seconds` are over: the ordinary end
    if live.stalled_ms:
        print(f"the host stopped the plant's time for {live.stalled_ms} ms in all", flush=True)

"""mbpoll: the master that a technician has, a program around libmodbus. It has no slave."""

import contextlib
import re
import subprocess

from hil_tests.interop import modbus_peers as task

SERVES = ()
ASKS = (1, 2, 3, 4, 5, 6, 15, 16)
VERSION = "1.4.11"  # Debian 12's; the program is asked nothing


@contextlib.contextmanager
def client(link, where):
    if link == task.TCP:
        target = ["-m", "tcp", "-p", str(where), "127.0.0.1"]
    else:
        target = ["-m", "rtu", "-b", str(task.BAUD), "-P", "none", where]
    yield _calls(target)


def _calls(target):
    def run(*arguments, values=()):
        argv = ["mbpoll", "-1", "-0", "-o", "2", "-a", str(task.UNIT), *target[:-1], *arguments, target[-1]]
        result = subprocess.run([*argv, *map(str, values)], capture_output=True, text=True, timeout=60)
        return result.returncode, result.stdout + result.stderr

    def read(table, address, count):
        status, text = run("-t", table, "-r", str(address), "-c", str(count))
        assert status == 0, text
        found = {int(a): int(v) for a, v in re.findall(r"^\[(\d+)\]:\s*(\d+)", text, re.MULTILINE)}
        return [found[address + i] for i in range(count)]

    def write(table, address, values):
        status, text = run("-t", table, "-r", str(address), values=values)
        assert status == 0, text

    def refused():
        return 2 if "Illegal data address" in run("-t", "4", "-r", str(task.BEYOND[0]), "-c", "2")[1] else 0

    return {
        1: lambda: read("0", *task.READ_BITS),
        2: lambda: read("1", *task.READ_BITS),
        3: lambda: read("4", *task.READ_REGISTERS),
        4: lambda: read("3", *task.READ_REGISTERS),
        5: lambda: write("0", task.COIL[0], [task.COIL[1]]),
        6: lambda: write("4", task.REGISTER[0], [task.REGISTER[1]]),
        15: lambda: write("0", *task.WRITTEN_COILS),
        16: lambda: write("4", *task.WRITTEN_REGISTERS),
        "refused": refused,
    }

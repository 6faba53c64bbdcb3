"""libmodbus 3.1 (the shared library that Debian's mbpoll brings) through ctypes: both its ends."""

import contextlib
import ctypes
import ctypes.util
import threading

from hil_tests.interop import modbus_peers as task

VERSION = "3.1.6"  # Debian 12's
SERVES = (1, 2, 3, 4, 5, 6, 15, 16, 22, 23)
ASKS = SERVES
_ENOBASE = 112345678  # errno of an exception is this and its code
_LONGEST = 260


class _Mapping(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_int)
        for kind in ("bits", "input_bits", "input_registers", "registers")
        for name in ("nb_" + kind, "start_" + kind)
    ] + [
        ("tab_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("tab_registers", ctypes.POINTER(ctypes.c_uint16)),
    ]


def _library():
    library = ctypes.CDLL(ctypes.util.find_library("modbus") or "libmodbus.so.5", use_errno=True)
    for name in ("modbus_new_tcp", "modbus_new_rtu"):
        getattr(library, name).restype = ctypes.c_void_p
    library.modbus_mapping_new.restype = ctypes.POINTER(_Mapping)
    return library


try:
    LIBRARY = _library()
except OSError:  # the tests that need it are left out
    LIBRARY = None


@contextlib.contextmanager
def _context(link, where):
    if link == task.TCP:
        made = LIBRARY.modbus_new_tcp(b"127.0.0.1", where)
    else:
        made = LIBRARY.modbus_new_rtu(where.encode(), task.BAUD, ctypes.c_char(b"N"), 8, 1)
    context = ctypes.c_void_p(made)
    assert context.value
    LIBRARY.modbus_set_slave(context, task.UNIT)
    try:
        yield context
    finally:
        LIBRARY.modbus_close(context)
        LIBRARY.modbus_free(context)


def _mapping():
    mapping = LIBRARY.modbus_mapping_new(task.BITS, task.BITS, task.SIZE, task.SIZE)
    for i in range(task.BITS):
        mapping.contents.tab_bits[i] = task.COILS[i]
        mapping.contents.tab_input_bits[i] = task.INPUTS[i]
    for i in range(task.SIZE):
        mapping.contents.tab_registers[i] = mapping.contents.tab_input_registers[i] = task.VALUES[i]
    return mapping


def _serve(context, link, listener, stopping):
    mapping = _mapping()
    request = (ctypes.c_uint8 * _LONGEST)()
    if link == task.TCP:
        LIBRARY.modbus_tcp_accept(context, ctypes.byref(listener))
    while not stopping.is_set():
        n = LIBRARY.modbus_receive(context, request)
        if n > 0:
            LIBRARY.modbus_reply(context, request, n, mapping)
    LIBRARY.modbus_mapping_free(mapping)


@contextlib.contextmanager
def server(link, path):
    port = task.free_port() if link == task.TCP else None
    listener = ctypes.c_int(-1)
    with _context(link, port or path) as context:
        LIBRARY.modbus_set_indication_timeout(context, 0, 100000)
        if link == task.TCP:
            listener.value = LIBRARY.modbus_tcp_listen(context, 1)
        else:
            assert LIBRARY.modbus_connect(context) == 0
        stopping = threading.Event()
        thread = threading.Thread(target=_serve, args=(context, link, listener, stopping), daemon=True)
        thread.start()
        try:
            yield port
        finally:
            stopping.set()
            thread.join(task.LIMIT_S)


@contextlib.contextmanager
def client(link, where):
    with _context(link, where) as context:
        LIBRARY.modbus_set_response_timeout(context, 5, 0)
        assert LIBRARY.modbus_connect(context) == 0
        yield _calls(context)


def _array(kind, values):
    return (kind * len(values))(*values)


def _calls(context):
    def read(function, kind, address, count):
        out = (kind * count)()
        assert function(context, address, count, out) == count
        return list(out)

    def write(function, kind, address, values):
        assert function(context, address, len(values), _array(kind, values)) == len(values)

    def done(returned):
        assert returned == 1

    def both():
        address, count, write_address, values = task.READ_WRITE
        out = (ctypes.c_uint16 * count)()
        words = _array(ctypes.c_uint16, values)
        returned = LIBRARY.modbus_write_and_read_registers(
            context, write_address, len(values), words, address, count, out
        )
        assert returned == count
        return list(out)

    def refused():
        out = (ctypes.c_uint16 * 2)()
        assert LIBRARY.modbus_read_registers(context, task.BEYOND[0], 2, out) == -1
        return ctypes.get_errno() - _ENOBASE

    bit, word = ctypes.c_uint8, ctypes.c_uint16
    return {
        1: lambda: read(LIBRARY.modbus_read_bits, bit, *task.READ_BITS),
        2: lambda: read(LIBRARY.modbus_read_input_bits, bit, *task.READ_BITS),
        3: lambda: read(LIBRARY.modbus_read_registers, word, *task.READ_REGISTERS),
        4: lambda: read(LIBRARY.modbus_read_input_registers, word, *task.READ_REGISTERS),
        5: lambda: done(LIBRARY.modbus_write_bit(context, *task.COIL)),
        6: lambda: done(LIBRARY.modbus_write_register(context, *task.REGISTER)),
        15: lambda: write(LIBRARY.modbus_write_bits, bit, *task.WRITTEN_COILS),
        16: lambda: write(LIBRARY.modbus_write_registers, word, *task.WRITTEN_REGISTERS),
        22: lambda: done(LIBRARY.modbus_mask_write_register(context, *task.MASK)),
        23: both,
        "refused": refused,
    }

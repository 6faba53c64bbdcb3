"""Register maps behind pymodbus servers.

Silence and deafness act where pymodbus lets one trace its traffic: a request that is not heard is
dropped before it is executed, an answer that is lost is dropped after.
"""

from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice


def device(registers, advance=None, unit=0):
    """A pymodbus device over `registers` (windows, read, write); unit 0 answers for any. `advance()`
    first.
    """

    async def action(fc, _start, address, count, block, set_values):
        if advance is not None:
            advance()
        if set_values is not None:
            return ExcCodes(code) if (code := registers.write(address, set_values)) else None
        values = registers.read(fc, address, count)
        if isinstance(values, int):
            return ExcCodes(values)
        block[address - _start : address - _start + count] = values
        return None

    blocks = [
        SimData(start, count=count, values=0, datatype=DataType.REGISTERS)
        for start, count in registers.windows
    ]
    return SimDevice(unit, simdata=blocks, action=action)


def line_faults(all_registers, units=None):
    """Trace hooks for a pymodbus server: what is not heard, and what is not answered; `units` are ours."""

    def trace_pdu(sending, pdu):
        foreign = units is not None and pdu.dev_id not in units
        heard = all(registers.hears() for registers in all_registers)
        return None if not sending and (foreign or not heard) else pdu

    def trace_packet(sending, data):
        answered = all(registers.answers() for registers in all_registers)
        return b"" if sending and not answered else data

    return {"trace_pdu": trace_pdu, "trace_packet": trace_packet}

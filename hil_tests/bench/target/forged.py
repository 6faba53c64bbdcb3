"""Forged APDUs against one station in memory: `main([APDUS, SEED])`.

Prints how many connections they took, how many orders among them were in order and were operated, and on
MicroPython the bytes held after a tenth of them and at the end, collected. An exception ends it with a
traceback.
"""

import gc

from hil_tests.portable.iec104_forge import Campaign

_PART = 1000


def _held():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def main(arguments):
    """Run and print."""
    count = int(arguments[0])
    campaign = Campaign(int(arguments[1]))
    done = 0
    early = 0
    while done < count:
        campaign.run(min(_PART, count - done))
        done += min(_PART, count - done)
        if not early and done * 10 >= count:
            early = _held()
    late = _held()
    orders = campaign.judge.operated
    print("bench apdus=%d links=%d orders=%d early=%d late=%d" % (done, campaign.links, orders, early, late))
    return 0

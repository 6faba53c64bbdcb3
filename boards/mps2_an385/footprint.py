"""Says what the firmware takes of the heap, package by package: `HEAP <package> <bytes>` lines; nothing runs.

`main([PACKAGE MODULE..., ...])`: each line is what importing these modules of the package has added, with
garbage collected.
"""

import gc


def main(arguments):
    gc.collect()
    before = gc.mem_alloc()
    print("HEAP start %d" % before)
    while arguments:
        names = arguments.pop(0).split()
        for name in names[1:]:
            __import__("%s.%s" % (names[0].replace("/", "."), name))
        package = names[0]
        names = None
        gc.collect()
        after = gc.mem_alloc()
        print("HEAP %s %d" % (package, after - before))
        before = after
    print("HEAP free %d" % gc.mem_free())
    return 0

"""What an image takes: flash per package of ours, MicroPython's own part, RAM outside and inside the heap.

A frozen module's data carry its path in their symbols; what no module can be blamed for (names, tables) is a
row of its own. RAM per package can only be seen on the target: see tools/emulate.
"""

import subprocess

from tools.build import BuildError

SHARED = "names and tables"
LARGEST = 10  # modules in the table
FROZEN = ("fun_data_", "const_", "children_", "raw_code_", "proto_fun_", "frozen_module_")


def measure(elf, cross, files):
    """Sizes in bytes: frozen code by package, all frozen code, whole flash, RAM fixed by the linker."""
    by_module = dict.fromkeys(files, 0)
    escaped = {str(path).replace("/", "_").replace(".py", ""): path for path in files}
    names = sorted(escaped, key=len, reverse=True)
    for symbol, size in _symbols(elf, cross):
        if symbol.startswith(FROZEN):
            tail = next((n for n in names if "_%s_" % n in symbol or symbol.endswith("_" + n)), None)
            if tail is not None:
                by_module[escaped[tail]] += size
    frozen = sum(_sections(elf.parent / "frozen_content.o", cross)[:2])
    text, data, bss = _sections(elf, cross)
    packages = {}
    for path, size in by_module.items():
        name = package_of(path)
        packages[name] = packages.get(name, 0) + size
    packages[SHARED] = frozen - sum(packages.values())
    modules = {str(path): size for path, size in sorted(by_module.items())}
    sizes = {"packages": packages, "modules": modules, "frozen": frozen}
    return dict(sizes, flash=text + data, ram=data + bss)


def package_of(path):
    """Room and first folder in it: `protocols/iec104`, `firmware`."""
    return "/".join(path.parts[:-1][:2]) or str(path)


def _symbols(elf, cross):
    lines = subprocess.run([cross + "nm", "-S", str(elf)], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        words = line.split()
        if len(words) == 4:
            yield words[3], int(words[1], 16)


def _sections(path, cross):
    """(text, data, bss) in bytes."""
    lines = subprocess.run([cross + "size", str(path)], capture_output=True, text=True, check=True).stdout
    return tuple(int(word) for word in lines.splitlines()[1].split()[:3])


def check(sizes, budget):
    """BuildError when the image is larger than the board allows."""
    if sizes["frozen"] > budget["frozen_bytes"]:
        raise BuildError(
            "frozen code takes %d B, the board's budget is %d B\n%s"
            % (sizes["frozen"], budget["frozen_bytes"], "\n".join(table(sizes, budget)))
        )


def table(sizes, budget, heap=None):
    """Lines for people; `heap`: {package: bytes of heap after its import} where somebody has measured it."""
    heap = heap or {}
    row = "%-24s %9s %9s"
    lines = [row % ("", "flash B", "heap B" if heap else "")]
    for name, size in sorted(sizes["packages"].items()):
        lines.append(row % (name, size, heap.get(name, "")))
    taken = sum(heap.get(name, 0) for name in sizes["packages"])
    lines.append(row % ("all frozen code", sizes["frozen"], taken or ""))
    lines.append(row % ("  budget", budget["frozen_bytes"], ""))
    lines.append(row % ("  left", budget["frozen_bytes"] - sizes["frozen"], ""))
    lines.append(row % ("MicroPython", sizes["flash"] - sizes["frozen"], heap.get("start", "")))
    fixed = "RAM fixed by the linker %d B, of which the heap %d B" % (sizes["ram"], budget["heap_bytes"])
    lines.append(fixed + ("; %d B of it free after all imports" % heap["free"] if heap else ""))
    lines += ["the largest modules, their names and tables apart:"]
    return lines + ["%9d  %s" % (size, path) for path, size in _largest(sizes["modules"])]


def _largest(modules):
    return sorted(modules.items(), key=lambda row: -row[1])[:LARGEST]

"""Says in advance what MicroPython lacks or does differently, and what would allocate in code that runs every
cycle.

It reads the syntax tree only: it cannot know types, so that some rules go by a name (each message says what
to write instead). Where a finding is wrong, the line says so and why: `# lint: ok P05 our own method`.

In a file's docstring (or head comments), a line `lint: integer` asks for the I rules, a line `lint: hot` for
the H rules, which hold in every function but `__init__` and those with `# lint: cold` on their `def` line.
"""

from tools.lint.context import Context, Finding
from tools.lint.engine import RULES, check_file, check_source, check_tree

__all__ = ["Context", "Finding", "RULES", "check_file", "check_source", "check_tree"]

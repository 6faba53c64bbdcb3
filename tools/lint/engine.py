"""Runs the rules over files. A rule is a generator `rule(context, node)` that yields (node, message), filed
under its code.
"""

import ast
from pathlib import Path

from tools.lint import hot, integer, language, library, size
from tools.lint.context import Context, Finding
from tools.mpy import ROOT

RULES = {}
for _module in (language, library, integer, hot, size):
    RULES.update(_module.RULES)

PORTABLE = ("boards", "drivers", "firmware", "protocols", "hil_tests/portable")


def check_source(source, path="firmware/example.py", codes=None):
    """Findings of one file given as text, in the order of lines; `codes`: only these rules."""
    try:
        context = Context(path, source)
    except SyntaxError as error:
        return [Finding(str(path), error.lineno or 0, "P00", "python cannot parse this: %s" % error.msg)]
    rules = [
        (code, rule)
        for code, rule in RULES.items()
        if (codes is None or code in codes) and _applies(code, context)
    ]
    found = set()
    for node in ast.walk(context.tree):
        for code, rule in rules:
            for where, message in rule(context, node):
                finding = Finding(context.path, getattr(where, "lineno", 1), code, message)
                if not context.is_allowed(finding):
                    found.add(finding)
    return sorted(found, key=lambda f: (f.line, f.code, f.message))


def _applies(code, context):
    """The rules of hot and of integer files say nothing about others."""
    return context.flags or code[0] not in "HI"


def check_file(path):
    path = Path(path).resolve()
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return check_source(path.read_text(encoding="utf-8"), shown)


def check_tree(paths=()):
    """Findings of every .py under the paths (none: the portable rooms and the portable tests)."""
    findings = []
    for path in [Path(p) for p in paths] or [ROOT / p for p in PORTABLE]:
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            findings.extend(check_file(file))
    return findings

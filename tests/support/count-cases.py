#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the test cases in Meson's testlog.json.

Meson counts programs; a program's cases are the TAP lines in its output.
Meson's own testlog.junit.xml lists the cases, but neither the reason of a
skipped one nor a program that crashes between two cases.

  count-cases.py TESTLOG NAME FAILURES SKIPS

Prints "PASSED FAILED SKIPPED" and appends one line for each failed and each
skipped case to the files FAILURES and SKIPS; a failed program's last lines
follow its failures.
"""
import json
import re
import signal
import sys

CASE = re.compile(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*?)\s*(?:#\s*(\w+)\s*(.*))?$")


def read_cases(test):
    """Yields (result, name) for each case of one program."""
    for line in (test.get("stdout") or "").splitlines():
        if line.startswith("Bail out!"):
            yield "failed", line
            continue
        match = CASE.match(line)
        if not match:
            continue
        failed, name, directive, reason = match.groups()
        directive = (directive or "").upper()
        if directive == "SKIP":
            yield "skipped", f"{name} ({reason})"
        elif failed and directive != "TODO":
            yield "failed", name
        elif not failed:
            yield "passed", name


def name_end(test):
    """How a program ended that names no failed case."""
    code = test.get("returncode", 0)
    if code >= 0:
        return f"{test['result']}, status {code}"
    return f"{test['result']}, {signal.Signals(-code).name}"


def list_last_lines(test):
    lines = (test.get("stdout") or "").splitlines()[-4:]
    return lines + (test.get("stderr") or "").splitlines()[-24:]


def read_test(test):
    """Lists (result, name) for one program: of its cases, or of itself."""
    cases = list(read_cases(test))
    results = [result for result, _ in cases]
    # Neither a crash nor a program without cases may vanish.
    if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
        if "failed" not in results:
            cases.append(("failed", name_end(test)))
    elif not results:
        if test["result"] == "OK":
            cases.append(("passed", ""))
        else:
            cases.append(("skipped", "ran no case"))
    return cases


def append(path, line):
    with open(path, "a", encoding="utf-8") as out:
        print(line, file=out)


def main(log, name, failures, skips):
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    lists = {"failed": failures, "skipped": skips}
    with open(log, encoding="utf-8") as lines:
        for test in map(json.loads, lines):
            program = test["name"].split(" / ")[-1]
            cases = read_test(test)
            for result, case in cases:
                totals[result] += 1
                if result in lists:
                    append(lists[result], f"{name}: {program}: {case}")
            if "failed" in [result for result, _ in cases]:
                for line in list_last_lines(test):
                    append(failures, f"  {line}")
    print(*totals.values())


main(*sys.argv[1:])

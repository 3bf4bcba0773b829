"""Break every rule in every small way, and list the changes that no test notices.

    NUMBA_DISABLE_JIT=1 uv run --with cosmic-ray==8.7.0 python -m tests.mutation --module choice --jobs 2

Results go to `results/mutation/<module>.json`. `--again` tries only the mutants that lived last time, or
that a run cut short did not come to.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.mutation.killers import stages_for
from tests.mutation.mutants import ROOT, Mutant, modules, mutants_of
from tests.mutation.trial import load_libraries, try_mutant

RESULTS = ROOT / "results" / "mutation"


def main() -> None:
    """Try the mutants asked for, and print a table and the survivors."""
    asked = _arguments()
    os.chdir(ROOT)
    load_libraries()
    totals = {}
    for module in asked.module:
        if not asked.again:
            sound = try_mutant(None, stages_for(module))
            if sound["outcome"] != "survived":
                sys.exit(f"{module}: the rules as they are do not pass: {sound}")
            print(f"{module}: its tests take {sound['seconds']:.1f} s", flush=True)
        began = time.perf_counter()
        rows = _try_all(module, asked)
        totals[module] = Counter(row["outcome"] for row in rows)
        for row in rows:
            if row["outcome"] in ("survived", "error"):
                print(f"  agents/{module}.py:{row['line']}  {row['before']}\n      -> {row['after']}")
        print(f"{module}: {dict(totals[module])} in {time.perf_counter() - began:.0f} s", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", nargs="*", choices=modules(), default=modules(), metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="only those that lived last time")
    parser.add_argument("--every", type=int, default=1, help="try every n-th mutant only")
    return parser.parse_args()


def _try_all(module: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Try a module's mutants and keep the results; return all of them, those of last time included."""
    mutants = mutants_of(module)[:: asked.every]
    path = RESULTS / f"{module}.json"
    digest = sha256(mutants[0].path.read_bytes()).hexdigest()
    known: dict[str, dict[str, Any]] = {}
    if asked.again and path.exists():
        kept = json.loads(path.read_text())
        if kept["source"] != digest:
            sys.exit(f"{module}: the module has changed since; run it without --again")
        known = {row["key"]: row for row in kept["rows"] if row["outcome"] not in ("survived", "error")}
    todo = [m for m in mutants if _key(m) not in known]
    path.parent.mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        for tried, row in enumerate(pool.imap_unordered(_judge, todo), 1):
            known[row["key"]] = row
            if tried % 20 == 0 or tried == len(todo):  # what is cut short goes on with --again
                _keep(path, digest, known)
                print(f"{module}: {tried} of {len(todo)}", file=sys.stderr, flush=True)
    return _keep(path, digest, known)


def _keep(path: Path, digest: str, known: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Write the results so far, in the order of lines, and return them."""
    rows = sorted(known.values(), key=lambda row: (row["line"], row["key"]))
    path.write_text(json.dumps({"source": digest, "rows": rows}, indent=1))
    return rows


def _key(mutant: Mutant) -> str:
    return f"{mutant.operator} {mutant.occurrence}"


def _judge(mutant: Mutant) -> dict[str, Any]:
    """Try a mutant; describe the change if it lives."""
    try:
        mutant.source()
    except AttributeError:  # cosmic-ray cannot write it: a dotted name where it expects a plain one
        return {"key": _key(mutant), "line": mutant.line, "outcome": "invalid"}
    found = try_mutant(mutant, stages_for(mutant.module))
    if found["outcome"] not in ("killed", "invalid"):
        found["before"], found["after"] = mutant.change()
    return {"key": _key(mutant), "line": mutant.line} | found


if __name__ == "__main__":
    main()

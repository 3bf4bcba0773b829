"""Whatever a run needs compiled is compiled before its first month, and once for all kinds of run."""

import json
import subprocess
import sys

import pytest

from tests.conftest import COMPILED

LATE = """
import json, sys, tempfile
from pathlib import Path
from model import checkpoint
from model.market import MobileMarket
from model.readiness import load_rules

def versions():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("agents", "model"):
            for rule in vars(module).values():
                if hasattr(rule, "signatures") and hasattr(rule, "py_func"):
                    found[rule.py_func.__module__ + "." + rule.py_func.__name__] = len(rule.signatures)
    return found

pricing = sys.argv[1]
load_rules(pricing)
before = versions()
for scenario in ("history", "closed", "open", "exclusive"):
    months = 14 if pricing == "observed" else 3
    values = dict(serving_cost_3g=45.5, integration_cost=2, wallet_fixed_cost=1.5, payment_value_2g=1)
    MobileMarket(scenario, 400, months, rng=2, pricing=pricing).run()
    MobileMarket(scenario, 900, months, rng=3, threads=2, pricing=pricing, **values).run()
    long = MobileMarket(scenario, 400, 61, rng=2, pricing=pricing)
    for _ in range(3):  # talks are held in the second month, on what is known of the first
        long.step()
        with tempfile.TemporaryDirectory() as folder:
            checkpoint.save(long, Path(folder))
            long = checkpoint.load(Path(folder))
after = versions()
print(json.dumps({name: [before.get(name), n] for name, n in after.items() if n != before.get(name)}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
@pytest.mark.parametrize("pricing", ["observed", "bertrand"])
def test_no_rule_is_compiled_after_rules_are_ready(pricing: str) -> None:
    """In any scenario, size, threads; whole numbers or not; beyond the data; from a checkpoint."""
    done = subprocess.run([sys.executable, "-c", LATE, pricing], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {}

"""What is loaded once and used by all: by the workers' server before it forks, or here where runs are made.

Importing this module does it. Nothing that is loaded is garbage, so the collector, which would look through
all of it again and again, rests meanwhile (a quarter of the time), and never looks at it later: pages that
nobody touches stay shared among forked workers.
"""

import contextlib
import gc


def load_model() -> None:
    """Load the model and, where they are compiled, its rules; where not, whoever runs first compiles them."""
    resting = gc.isenabled()
    gc.disable()
    try:
        import experiments.runner
        import experiments.sweeps.tasks  # noqa: F401
        import model.market  # noqa: F401
        from agents.cache import is_compiled
        from model.readiness import load_rules

        if is_compiled():
            with contextlib.suppress(Exception):  # whoever runs next meets it again, and tells
                load_rules()
    finally:
        gc.freeze()
        if resting:
            gc.enable()


load_model()

"""How rules are compiled: a few decorators, and a cache that notices every change of a rule.

Numba's cache looks only at the file a compiled loop stands in: a loop would go on using an *old* rule
after the rule's own file was edited. Here the cache folder is named after the contents of all files that
rules stand in (`agents.cache.sources_digest`), so an edited rule is always compiled anew.
"""

from typing import Any

import numba
from numba import njit
from numba.core.compiler import Compiler

from agents.cache import cache_folder

numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]

_UNCOUNTED: dict[str, Any] = {"_nrt": False}  # Numba's own option, which its types do not know

# A rule about one consumer: built into whatever loop calls it.
rule = njit(cache=True, nogil=True, inline="always", error_model="numpy")
# A loop over rows or tables that makes arrays: a compiled function of its own.
making_loop = njit(cache=True, nogil=True, error_model="numpy")
# A loop that works in arrays it is given, and makes none. Nobody counts who holds them: the caller does, and
# for a room of sixty arrays the counting took longer than the work that a few people are. To copy one array
# to another is to make one (Numba has a copy ready should they overlap) and does not compile: copy numbers.
loop = njit(cache=True, nogil=True, error_model="numpy", **_UNCOUNTED)


class Apart(Compiler):
    """Compiles a loop whose arrays do not overlap: no write to one changes another.

    Knowing that, LLVM works on several people at a time where the loop also looks things up in tables.
    """

    def define_pipelines(self):  # type: ignore[no-untyped-def]
        """Return Numba's usual passes."""
        self.state.flags.noalias = True
        return super().define_pipelines()


# A loop over people side by side, whose arguments are arrays apart from each other.
side_by_side = njit(cache=True, nogil=True, error_model="numpy", pipeline_class=Apart, **_UNCOUNTED)

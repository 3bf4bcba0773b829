"""How rules are compiled: two decorators, and a cache that notices every change of a rule.

Numba's cache looks only at the file a compiled loop stands in: a loop would go on using an *old* rule
after the rule's own file was edited. Here the cache folder is named after the contents of all of
`agents/`, so an edited rule is always compiled anew.
"""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

import numba
from numba import njit


def _sources_digest() -> str:
    """Return a fingerprint of this package's source files and of Numba's version."""
    digest = sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder of compiled rules: in the user's cache, else in the temporary folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for base in (home, Path(tempfile.gettempdir())):
        folder = base / "walled-garden" / f"compiled-{_sources_digest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="walled-garden-"))


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]

# A rule about one consumer: built into whatever loop calls it.
rule = njit(cache=True, nogil=True, inline="always")
# A loop over rows or tables: a compiled function of its own.
loop = njit(cache=True, nogil=True)

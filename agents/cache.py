"""Where compiled rules are kept, found without loading the compiler."""

import importlib.metadata
import os
import tempfile
from hashlib import sha256
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of compiled rules: in the user's cache, else in the temporary folder.

    `NUMBA_CACHE_DIR`, where it is set, says another.
    """
    if "NUMBA_CACHE_DIR" in os.environ:
        return Path(os.environ["NUMBA_CACHE_DIR"])
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


def is_compiled() -> bool:
    """Return False when the first run will wait for the compiler."""
    return any(cache_folder().rglob("*review_rows-*.nbi"))


def _sources_digest() -> str:
    """Return a fingerprint of this package's source files and of Numba's version."""
    digest = sha256(importlib.metadata.version("numba").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

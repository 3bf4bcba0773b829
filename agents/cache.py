"""Where compiled rules are kept, and whether they are there; found without loading the compiler."""

import contextlib
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "compiling"  # held by the one process that compiles while the others wait


def cache_folder() -> Path:
    """Return the folder of compiled rules: in the user's cache, else in the temporary folder.

    `NUMBA_CACHE_DIR`, where it is set, says in which folder instead of the user's cache.
    """
    return _folder(os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME"))


@cache
def _folder(given: str | None, home: str | None) -> Path:
    user = Path(home or Path.home() / ".cache") / "walled-garden"
    bases = [user, Path(tempfile.gettempdir()) / "walled-garden"]
    for base in [Path(given), *bases] if given else bases:
        folder = base / f"compiled-{sources_digest(ROOT)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="walled-garden-"))


def is_compiled(part: str = "observed") -> bool:
    """Return False when the first run will wait for the compiler.

    Parameters
    ----------
    part : str
        Which rules: "observed", all that a run with observed tariffs needs, or "bertrand", what tariffs
        that answer demand need on top of it.
    """
    return _is_plain() or _note(part).exists()


def note_compiled(part: str) -> None:
    """Remember that a part of the rules is compiled and kept."""
    if not _is_plain():
        with contextlib.suppress(OSError):  # a full or read-only disk: compiled anew next time
            _note(part).touch()


def announce(parts: tuple[str, ...] = ("observed",)) -> None:
    """Say on stderr that the rules will be compiled, unless they are."""
    if not all(is_compiled(part) for part in parts):
        _say("Compiling the rules: about 15 s, on first use only.")


@cache  # once a process
def _say(line: str) -> None:
    import multiprocessing

    if multiprocessing.parent_process() is None:  # a worker's parent has said it
        print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def compiling_alone() -> Iterator[None]:
    """Wait until no other process compiles, and say so; then keep the others waiting: they find it done."""
    try:
        import fcntl
    except ImportError:  # no such locks here: processes that start together each compile
        yield
        return
    with contextlib.ExitStack() as stack:
        # A disk without locks, or one that is full: the same.
        with contextlib.suppress(OSError):
            stream = stack.enter_context((cache_folder() / LOCK).open("w", encoding="utf-8"))
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say("Another process is compiling the rules: waiting for it.")
                fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _is_plain() -> bool:
    """Return whether rules are left as plain Python, as for measuring what tests cover."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def _note(part: str) -> Path:
    """Return the file that says a part is compiled: for this processor, since code is made for one."""
    return cache_folder() / f"has-{part}-{_processor()}"


@cache
def _processor() -> str:
    """Return a fingerprint of the processor's model."""
    told = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        told = next((line for line in lines if line.startswith("model name")), "")
    # Asked of the system only where there is no such file: on Linux that would start a process.
    told = told or platform.processor()
    return sha256(f"{platform.machine()} {told}".encode()).hexdigest()[:8]


def sources_digest(root: Path) -> str:
    """Return a fingerprint of what compiles the rules, and of the files below a folder that they stand in.

    Those are all of `agents/` and, of `model/`, the files with compiled loops: a loop is made of rules from
    other files too, which Numba does not look at.
    """
    digest = sha256(f"{sys.version_info[:2]} {importlib.metadata.version('numba')}".encode())
    compiled = (path for path in (root / "model").glob("*.py") if b"agents.compiling" in path.read_bytes())
    for path in (*sorted((root / "agents").glob("*.py")), *sorted(compiled)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

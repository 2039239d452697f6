"""What git tracks is text of ours: no machine's paths, no registry's address, no secret, nothing large."""

import re
import stat

from house.sources import ROOT, refuse_any, tracked

LARGEST = 300_000
"""Bytes; the locks are the largest."""

LOCKS = ("requirements.lock", "requirements-dev.lock")


PATHS = re.compile(r"(?<![\w.~$}-])/(work|farm|root|opt|home/[a-z]+|Users/[A-Za-z]+)/")
HOSTS = re.compile(r"\b(pypi[.]org|pythonhosted[.]org|npmjs[.]org|debian[.]org|crates[.]io|yarnpkg[.]com)\b")
SECRETS = re.compile(
    r"\bsk-[A-Za-z0-9_-]{20,}|\bghp_\w{20,}|\bAKIA[0-9A-Z]{16}\b|\bxox[bp]-\w{10,}|-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----"
)


def test_no_tracked_file_names_a_machine_a_registry_or_a_secret() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT).as_posix()}: {leak}" for leak in leaks(text)]
    refuse_any(found)


def test_every_tracked_file_is_small() -> None:
    refuse_any([f"{path.name}: {path.stat().st_size} bytes" for path in tracked() if path.stat().st_size > LARGEST])


def test_every_tracked_text_ends_in_a_newline_and_keeps_unix_line_ends() -> None:
    texts = [path for path in tracked() if path.suffix in (".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".lock")]
    bad = [path.name for path in texts if (data := path.read_bytes()) and (b"\r" in data or not data.endswith(b"\n"))]
    refuse_any(bad)


def test_the_ci_script_can_be_executed() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_the_locks_hold_exact_versions_with_hashes_and_nothing_else() -> None:
    locked = [(name, line) for name in LOCKS for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    refuse_any(f"{name}: {line}" for name, line in locked if not is_locked(line))


def test_a_machines_path_a_registry_and_a_secret_are_seen() -> None:
    paths = [path.replace("|", "/") for path in ("see |work|main", "cd |root|x", "in |home|anna|notes")]
    hosts = [host.replace("|", ".") for host in ("https://pypi|org/simple", "files.pythonhosted|org")]
    bad = (*paths, *hosts, "key = sk-" + "a1" * 12)
    assert all(leaks(text) for text in bad)
    assert not leaks("a path like docs/work/notes, $HOME/work/x and https://www.apache.org/licenses/")


def test_a_line_without_a_version_or_hash_is_seen() -> None:
    assert is_locked("rich==15.0.0 \\") and is_locked("    --hash=sha256:" + "a" * 64)
    assert not is_locked("--find-links somewhere") and not is_locked("rich>=15")


def leaks(text: str) -> list[str]:
    """What the text should not hold."""
    return [match.group() for pattern in (PATHS, HOSTS, SECRETS) for match in pattern.finditer(text)]


def is_locked(line: str) -> bool:
    """True for a line of a lock that pins a version or gives a hash."""
    return bool(re.fullmatch(r"[a-z0-9.\[\],-]+==[^ ]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line))

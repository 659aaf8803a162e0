"""The peak memory of this process."""

from pathlib import Path

KIB = 1_024
_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Since it began: `ru_maxrss` would count what its parent held when it was forked, too."""
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * KIB

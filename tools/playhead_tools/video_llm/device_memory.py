"""Memory that is free on the device of a model."""

from pathlib import Path
from typing import Protocol

from playhead_index.embed.runtime import torch

MEMINFO = Path("/proc/meminfo")


class FreeMemory(Protocol):
    """Says what is free, and gives back what is held in reserve."""

    def free_bytes(self, device: str, /) -> int | None:
        """Bytes that a call may still take on a device; None where it is not known."""
        ...

    def release(self, device: str, /) -> None:
        """Gives back what is reserved and not used."""
        ...


class DeviceMemory:
    """`FreeMemory` of torch's devices.

    On an NVIDIA or AMD GPU that is what the driver and torch's own reserve have, within the limit of
    `torch.cuda.set_per_process_memory_fraction`; on the CPU what Linux counts as available.
    """

    def free_bytes(self, device: str, /) -> int | None:
        """Bytes that a call may still take on a device; None where it is not known."""
        if device.startswith("cuda"):
            cuda, index = torch().cuda, torch().device(device).index
            number = cuda.current_device() if index is None else index
            free, total = cuda.mem_get_info(number)
            allocated = cuda.memory_allocated(number)
            limit = total * cuda.get_per_process_memory_fraction(number) - allocated
            return max(0, int(min(free + cuda.memory_reserved(number) - allocated, limit)))
        if device.startswith("mps"):
            mps = torch().mps
            return max(0, int(mps.recommended_max_memory() - mps.driver_allocated_memory()))
        return available_bytes()

    def release(self, device: str, /) -> None:
        """Gives back what is reserved and not used."""
        if device.startswith("cuda"):
            torch().cuda.empty_cache()
        elif device.startswith("mps"):
            torch().mps.empty_cache()


def available_bytes(meminfo: Path = MEMINFO) -> int | None:
    """Memory that Linux counts as available without swapping; None on other systems."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None

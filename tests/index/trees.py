"""Small files in folders."""

from pathlib import Path


def tree(folder: Path, *names: str, content: bytes = b"x") -> list[Path]:
    """Files of these names, made with their folders, all with one content."""
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths

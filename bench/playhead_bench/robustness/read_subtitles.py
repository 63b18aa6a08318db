"""Reads subtitle files one after the other and prints a JSON line for each: the child of `subtitles`.

`python -m playhead_bench.robustness.read_subtitles LIST`, where LIST names a file a line.
"""

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from playhead_index.errors import SubtitlesUnreadable
from playhead_index.words.subtitles import choose_subtitles, read_subtitle_file

DURATION_S = 7200.0


def read(path: Path) -> dict[str, Any]:
    """What reading one file gives, with the processor seconds that it takes."""
    began_s = time.process_time()
    detail = ""
    try:
        words = choose_subtitles(read_subtitle_file(path, DURATION_S, None, fps=25.0))
        outcome, count = ("words" if words else "none"), len(words)
    except SubtitlesUnreadable as error:
        outcome, count, detail = "refused", 0, str(error)
    except Exception as error:  # noqa: BLE001 - whatever is raised is the result
        outcome, count = f"exception {type(error).__name__}", 0
        detail = "".join(traceback.format_exception(error)[-3:])
    cpu_s = time.process_time() - began_s
    return {"path": path.name, "outcome": outcome, "words": count, "cpu_s": round(cpu_s, 3), "detail": detail}


def main() -> None:
    """Reads the files that the list names."""
    for name in Path(sys.argv[1]).read_text().splitlines():
        print(json.dumps(read(Path(name))), flush=True)


if __name__ == "__main__":
    main()

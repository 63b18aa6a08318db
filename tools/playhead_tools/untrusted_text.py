"""Text from outside inside a prompt: plain, cleaned, and inside a fence that it cannot close."""

import re

from playhead_index.clean_text import one_line, printable_text

MIN_FENCE = 3
MAX_LABEL_CHARS = 120
_RUNS = re.compile("`{3,}")


def fenced(label: str, text: str) -> str:
    r"""Text between two lines of backticks, more of them than stand in a row anywhere inside.

    The rule of CommonMark 0.31 (section 4.5): a code block ends only at a fence that is at least as long as
    the one that opened it. The text itself stays as it is, without HTML entities; control characters,
    terminal sequences and marks that reorder what is around them are taken out.

    Args:
        label: what the text is, on the opening line, such as `transcript of talk.mp4`.
        text: any text.

    >>> print(fenced("speech", "it's <fine>"))
    ```speech
    it's <fine>
    ```
    >>> fenced("speech", "```\nnow obey").splitlines()[0]
    '````speech'
    """
    inside = printable_text(text).strip("\n")
    longest = max((len(run) for run in _RUNS.findall(inside)), default=MIN_FENCE - 1)
    fence = "`" * (longest + 1)
    name = one_line(label).replace("`", "'")[:MAX_LABEL_CHARS].strip()
    return f"{fence}{name}\n{inside}\n{fence}"

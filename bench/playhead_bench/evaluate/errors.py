"""What can be wrong with a run of the harness.

EvaluationError
├── RunMismatch       the folder holds a run of other settings, or of other questions
├── RunDamaged        a file of a run cannot be read
├── QuestionsInvalid  a folder of real questions is not as expected
└── ReplyMissing      a replay needs a reply that was never cached
"""

from playhead_index.errors import PlayheadError


class EvaluationError(PlayheadError):
    """Something about a run of the harness."""


class RunMismatch(EvaluationError):
    """A folder holds a run that differs from the requested one; their answers must not be mixed."""


class RunDamaged(EvaluationError):
    """A file of a run cannot be read."""


class QuestionsInvalid(EvaluationError):
    """A folder of real questions lacks a file, or a row of it is not as expected."""


class ReplyMissing(EvaluationError):
    """A replay needs a reply that is not cached."""

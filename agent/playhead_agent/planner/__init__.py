"""A language model plans: it is shown the whole of the question's videos, calls tools, and cites evidence."""

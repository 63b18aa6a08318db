"""Stop words: words of questions that are not searched."""

_WORDS = """
a about all also am an and any are aren as at be been being but by can couldn did didn do does doesn
doing don during each find for from get gets give had hadn has hasn have haven having he her here hers
him his how i if in into is isn it its just ll let me moment moments more most my no nor of off on or
our out over own please re s same she should show shows so some such t than that the their them then
there these they this those through to too under until up ve very video videos was wasn we were weren
what when where which while who whom whose why will with won would wouldn you your
"""
STOP_WORDS = frozenset(_WORDS.split())

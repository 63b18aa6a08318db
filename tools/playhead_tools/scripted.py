"""A `Finder` that replays: for tests and examples without an index."""

from collections.abc import Callable, Sequence

from playhead_index.search.results import Query, SearchResult


class ScriptedFinder:
    """Gives the results of a script, one after the other or by a function, and keeps the queries.

    Args:
        script: results in order, or a function from query to result.
    """

    def __init__(self, script: Sequence[SearchResult] | Callable[[Query], SearchResult]) -> None:
        self.queries: list[Query] = []
        self._script = script

    def search(self, query: Query) -> SearchResult:
        """The next result.

        Raises:
            LookupError: the script is at its end.
        """
        self.queries.append(query)
        if callable(self._script):
            return self._script(query)
        if len(self.queries) > len(self._script):
            raise LookupError(
                f"the script holds {len(self._script)} results, this is search {len(self.queries)}"
            )
        return self._script[len(self.queries) - 1]

"""A finder that caches its results for one run: a procedure that is run again repeats its searches."""

from playhead_index.search.results import Query, SearchResult
from playhead_tools.retrieval import Finder


class CachedFinder:
    """A `Finder` that searches each text query only once.

    Args:
        finder: searches queries that are not cached yet.
    """

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self._results: dict[Query, SearchResult] = {}

    def search(self, query: Query) -> SearchResult:
        """Moments for a query; errors are those of the finder, and are not cached."""
        if query.text is None:
            return self.finder.search(query)
        if query not in self._results:
            self._results[query] = self.finder.search(query)
        return self._results[query]

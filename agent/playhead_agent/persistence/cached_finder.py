"""A finder that is asked the same only once in a run: a procedure that is run again searches again."""

from playhead_index.search.results import Query, SearchResult
from playhead_tools.retrieval import Finder


class Remembering:
    """Gives the result of a text query a second time without searching; for one run, then forgotten.

    Args:
        finder: searches what was not asked yet.
    """

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self._known: dict[Query, SearchResult] = {}

    def search(self, query: Query) -> SearchResult:
        """Moments for a query; errors are those of the finder, and are not kept."""
        if query.text is None:
            return self.finder.search(query)
        if query not in self._known:
            self._known[query] = self.finder.search(query)
        return self._known[query]

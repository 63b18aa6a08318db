"""Detects, with one PRAGMA a search, that a library has changed while it was open."""

import hashlib
import threading
from collections.abc import Mapping

from playhead_index.store.catalog import Catalog
from playhead_index.store.schema import LIVE

_SIGNATURES = f"""
SELECT video_id, added_at || ' ' || coalesce((
    SELECT group_concat(name || ':' || status || ':' || position_s || ':' || rows || ':' || recipe, ' ')
    FROM stage WHERE stage.video_id = video.video_id), '')
FROM video WHERE {LIVE} ORDER BY added_at, video_id
"""


class ChangeDetector:
    """Gives the videos of a catalog and the state of each; retired ones are not among them.

    A writer changes the job table in the transaction that changes a video's frames or spans, so a video
    whose state reads the same has the same rows as before.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seen = threading.local()
        self._signatures: dict[str, str] = {}

    def signatures(self) -> Mapping[str, str]:
        """The state of each video, in the order in which the videos came; read again only after a change.

        The same object comes back as long as nothing was committed, here or by another process.
        """
        now = self._catalog.change_key
        if getattr(self._seen, "state", None) != now:
            states = self._catalog.query(_SIGNATURES)
            self._signatures = {video_id: _digest(state) for video_id, state in states}
            self._seen.state = now
        return self._signatures


def _digest(state: str) -> str:
    return hashlib.blake2b(state.encode(), digest_size=8).hexdigest()

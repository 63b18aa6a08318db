"""The agent for LangGraph Studio: `langgraph.json` names `make_graph`, which opens one library.

PLAYHEAD_LIBRARY=~/talks langgraph dev
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playhead.library import Library
from playhead_agent.bound_graph import studio_graph
from playhead_agent.state import Context
from playhead_index.errors import LibraryMissing

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

VARIABLE = "PLAYHEAD_LIBRARY"


def make_graph() -> "CompiledStateGraph[Any, Any, Any, Any]":
    """The agent's graph on the library that the environment names.

    Raises:
        LibraryMissing: the variable is not set, or there is no library.
        LibraryUnfinished: the library's making was cut short.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        raise LibraryMissing(f"{VARIABLE} is not set; set it to the folder of a library")
    library = Library(Path(named))
    return studio_graph(
        Context(library.searcher, library.catalog, open_vlm_client=lambda: library.vlm_client)
    )

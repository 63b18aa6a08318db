"""The node `retrieve`: runs the searches of the plan."""

from langgraph.runtime import Runtime

from playhead_agent.rules.passages import search_passages
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.search_spans import run_search
from playhead_agent.state import Context, State, segment_ref_rows


def retrieve(state: State, runtime: Runtime[Context]) -> Update:
    """Runs the searches."""
    view = RunView.at("retrieve", state, runtime)
    found, coverage, notes = [], [], list(state["notes"])
    for lookup in state["lookups"]:
        if lookup["do"] in ("search", "passages"):
            search = run_search if lookup["do"] == "search" else search_passages
            found_by_lookup, search_coverage, more_notes = search(lookup, view.segment_refs, view.context)
            found.append(found_by_lookup)
            coverage.append(search_coverage)
            notes += more_notes
    report_progress(runtime, "retrieve")
    return {
        "found": found,
        "coverage": view.joined_coverage_row(coverage),
        "looked_at": segment_ref_rows(view.segment_refs) if found else state["looked_at"],
        "notes": notes,
    }

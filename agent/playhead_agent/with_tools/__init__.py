"""The third level: a chat model that calls tools works a question out, and code checks what it claims.

    begin ──> think ──> act ──> conclude
                ^        │
                └────────┘        any trouble that lasts ──> fall_back (the answer that code makes alone)

`run.py` has the doors (`ask_with_tools`, `stream_with_tools`, `resume_with_tools`), `graph.py` the graph.
"""

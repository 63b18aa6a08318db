"""The planner: a language model that is given the videos of a question, calls tools, and cites evidence.

    brief ──> plan ──┬──> act (one for each call that uses a model) ──┐
                ^    └──────────────────────────────────────────────> collect
                ├───────────── results of the calls ──────────────────┤
                └── what does not hold ── check <── finish, abstain ──┘
                                            └──> answer   <── limits, unusable replies

`strategy.PLANNER` is the strategy, `graph.build_planner` the graph, `brief.py` what the model starts from,
`prompts.py` what it is sent.
"""

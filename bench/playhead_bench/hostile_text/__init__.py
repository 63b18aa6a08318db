"""Instructions to a model inside transcripts: how often a planner does what only they ask for."""

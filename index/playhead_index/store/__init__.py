"""What a library keeps: the SQLite catalog, the vector shards, the manifest, the writer's lock."""

"""The storage of a library: the SQLite catalog, the vector shards, the manifest, the writer's lock."""

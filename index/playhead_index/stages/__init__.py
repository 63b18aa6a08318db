"""The stages of indexing, one module each, and the table that says how far each video has come."""

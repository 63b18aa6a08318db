"""Video-LLMs: requests with clips, backends, and responses that cite only frames that were given."""

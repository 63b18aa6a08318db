"""Visual questions: which clips a VLM must see, its observations, and the answer that follows from them."""

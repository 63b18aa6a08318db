"""How well transcripts are divided into topics: Pk and WindowDiff on meetings whose topics people marked."""

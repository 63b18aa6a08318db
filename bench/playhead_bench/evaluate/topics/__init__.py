"""How well topics of transcripts are told apart: Pk and WindowDiff on meetings whose topics people marked."""

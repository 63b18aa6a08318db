"""Speaker diarisation measured: dialogues mixed from single sentences, and the diarisation error rate."""

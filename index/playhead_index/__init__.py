"""What is in the videos: decode, segment, embed, read aloud, store, search."""

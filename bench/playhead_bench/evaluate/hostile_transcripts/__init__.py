"""Orders that stand in transcripts: does a chat model that plans do what only the video's words ask for?"""

"""Speech recognition behind a server that speaks OpenAI's `/v1/audio/transcriptions`."""

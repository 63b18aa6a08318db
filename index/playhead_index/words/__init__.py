"""Words with times: subtitles, speech, screen text."""

"""Open answers scored by a chat model on the five aspects of Video-ChatGPT's benchmark."""

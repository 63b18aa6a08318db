"""How each sort of question about pictures of the synthetic videos is worked out from searches and looks."""

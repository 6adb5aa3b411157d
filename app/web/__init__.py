"""The chat in a browser. Only `server.py` and `pages/` know NiceGUI; the extra `web` brings it."""

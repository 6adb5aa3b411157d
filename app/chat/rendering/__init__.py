"""How a terminal shows replies; the only part of the chat that knows rich."""

"""phylolm atlas: one file a command."""

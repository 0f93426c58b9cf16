"""phylolm atlas: a hub's catalogue, clustered, linked, searched and audited; one file a command."""

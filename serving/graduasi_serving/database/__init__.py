"""What the service remembers: users, clients, sessions, signing keys and published lists."""

"""The service's database: users, clients, sessions, signing keys and published lists."""

"""Training's subcommands: each module reads its arguments, calls the package and prints."""

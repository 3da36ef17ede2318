"""Training's subcommands of `graduasi`: each module reads its arguments, calls the package and prints."""

"""The core's own subcommands: each module holds one function that reads its arguments, calls the core and prints."""

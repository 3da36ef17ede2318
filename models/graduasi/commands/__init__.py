"""The core's own subcommands, one module each: a function that reads its arguments, calls the core and prints."""

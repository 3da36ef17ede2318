"""The service's part of the command line. Each module is light to import; what is heavy is imported when it runs."""

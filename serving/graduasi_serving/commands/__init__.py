"""The service's part of the command line. To keep the command line quick, slow imports stand inside the functions."""

"""The addresses of the service, one module for each subject. They only connect HTTP with the packages below."""

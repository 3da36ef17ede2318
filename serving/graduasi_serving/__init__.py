"""The web service: scores over HTTP for programs, and pages for mentors."""

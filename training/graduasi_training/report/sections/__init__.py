"""The sections of the report, by subject.

Each is a function with `@section` above it (`report/section.py`); `report/page.py` puts them in order.
"""

"""What a household is: the panel's contract, its files and events."""

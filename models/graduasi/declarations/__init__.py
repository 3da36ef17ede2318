"""What a programme declares: its fields, its rules and its words."""

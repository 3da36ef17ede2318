"""What a register comes to know of those lives."""

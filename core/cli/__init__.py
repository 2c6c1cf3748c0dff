"""`mrturing ...`: one subcommand per workflow."""

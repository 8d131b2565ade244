"""What the house puts in writing for a person: statements, clearance letters, copies of agreements."""

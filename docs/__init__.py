"""What makes the documentation: reference pages from the code, pictures from the running product."""

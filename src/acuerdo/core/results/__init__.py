"""What goes back to a creditor: facts as lines, in its own codes and columns."""

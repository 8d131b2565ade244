"""An account told from its facts: what the creditor's files, payments, interest and fees come to."""

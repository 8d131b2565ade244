"""The other files that creditors send: payments, contacts, opt-outs, consents, registers and contact data."""

"""Acuerdo: debt-collection notices become conversations that end in an agreement."""

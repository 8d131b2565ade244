"""Offers within authority, counter-offers, promises and agreements."""

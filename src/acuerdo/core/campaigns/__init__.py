"""Campaigns: a segment, a calendar and the guard make a plan, one entry per account with the reason in or out."""

from acuerdo.core.campaigns.planning import CODES, CONTACT, Campaign, Candidate, Entry, Strategy, plan, strategies_of

__all__ = ["CODES", "CONTACT", "Campaign", "Candidate", "Entry", "Strategy", "plan", "strategies_of"]

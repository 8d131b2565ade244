"""Other language services, behind one port."""

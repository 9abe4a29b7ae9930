"""Persons reached through more than one frame or more than one account."""

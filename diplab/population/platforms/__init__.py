"""Persons behind the accounts of platforms."""

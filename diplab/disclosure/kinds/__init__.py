"""Kinds of results that can be published; each module registers its own."""

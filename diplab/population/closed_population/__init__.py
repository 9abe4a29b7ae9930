"""Closed populations: who was seen at which occasion, or how often, and how many were never seen."""

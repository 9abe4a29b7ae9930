"""Codebooks for print: in words, then as a page, a document, a table."""

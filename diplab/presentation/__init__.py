"""Tables, figures and wording of results, in French and in English; no statistics."""

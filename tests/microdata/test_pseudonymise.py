

def test_pseudonyms_are_no_identifiers_any_more() -> None:
    data = dl.Microdata(pd.DataFrame({"email": ["a@example.org", "b@example.org"]}), dl.Codebook())
    assert data.identifiers().columns == ["email"]
    assert data.pseudonymise("email", "a key of sixteen or more").identifiers().columns == []

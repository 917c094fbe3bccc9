"""What a store says about its provider: one module per provider whose fields are known here."""

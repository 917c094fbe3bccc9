"""Go's text/template with Sprig, byte for byte, bounded against abuse; pure and usable on its own."""

"""What Go's fmt and strconv print: verbs, flags, quoting."""

"""One module per kind: observe, plan, fetch, render, apply, report."""

"""Keys, lanes and workers; knows neither Kubernetes nor providers."""

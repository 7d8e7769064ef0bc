"""HTTP: the API, webhooks, health, metrics and the web pages."""

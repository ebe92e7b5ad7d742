"""Alerts to operators: which events are worth one, what it says, and how it reaches a chat or a webhook."""

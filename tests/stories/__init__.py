"""Clinic stories: people act through the API and the pages, time passes, and what they are told is compared."""

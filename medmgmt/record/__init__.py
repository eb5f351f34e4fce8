"""The record: patients, what they take and why, what was observed, and who did what."""

"""The demo clinic: synthetic patients, made by lot from tables that a pharmacist can read."""

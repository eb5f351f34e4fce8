"""Tests of the record: dosing, access, audit, and what the database itself refuses."""

"""The Add noise panel."""

"""Registers: lists of a million rows that are found, filtered, sorted, paged, saved, exported and imported one way."""

"""Compiled loops of the risk sums.

Float32, C-contiguous, without the interpreter's lock; what each does stands in NumPy in `risk/plain.py`.
"""

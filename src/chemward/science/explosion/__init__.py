"""Explosions: TNT equivalence, TNO multi-energy, Baker–Strehlow–Tang, vessel burst. Each answers a `Blast`."""
